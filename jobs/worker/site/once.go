package site

import "context"

// once holds a value that is read when it is first asked for. A failure is not remembered: the next caller reads again.
type once[T any] struct {
	turn  chan struct{}
	done  *bool
	value *T
}

func newOnce[T any]() once[T] {
	return once[T]{turn: make(chan struct{}, 1), done: new(bool), value: new(T)}
}

// get returns the value. One caller reads it, the others wait for their turn or the end of their context.
func (o once[T]) get(ctx context.Context, read func(context.Context) (T, error)) (T, error) {
	select {
	case o.turn <- struct{}{}:
		defer func() { <-o.turn }()
	case <-ctx.Done():
		var zero T
		return zero, context.Cause(ctx)
	}
	if *o.done {
		return *o.value, nil
	}
	value, err := read(ctx)
	if err != nil {
		return value, err
	}
	*o.value, *o.done = value, true
	return value, nil
}
