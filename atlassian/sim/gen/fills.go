package gen

import (
	"fmt"
	"strings"
	"time"

	"stowage/atlassian/sim/world"
)

// What fills attributes. Each function gives one that puts the values of an object.

// often fills with a probability and leaves empty otherwise.
func often(p float64, fill func(o *object)) func(o *object) {
	return func(o *object) {
		if o.rand.Float64() < p {
			fill(o)
		}
	}
}

func text(f func(o *object) string) func(o *object) {
	return func(o *object) { o.put(world.Text(f(o))) }
}

func sentences(low, high int) func(o *object) {
	return text(func(o *object) string { return o.sentence(low + o.rand.IntN(high-low+1)) })
}

// paragraphs is the text of a text area.
func paragraphs(n, length int) func(o *object) {
	return text(func(o *object) string {
		parts := make([]string, n)
		for i := range parts {
			parts[i] = o.sentence(length)
		}
		return strings.Join(parts, "\n\n")
	})
}

// number counts up with the objects, so that it is unique within a kind.
func number(format string) func(o *object) {
	return text(func(o *object) string { return fmt.Sprintf(format, o.k+1) })
}

func integer(low, high int64) func(o *object) {
	return func(o *object) { o.put(world.Int(low + o.rand.Int64N(high-low+1))) }
}

func decimal(high float64) func(o *object) {
	return func(o *object) { o.put(world.Double(float64(int(o.rand.Float64()*high*100)) / 100)) }
}

func boolean(o *object) { o.put(world.Bool(o.rand.IntN(2) == 0)) }

func (o *object) day() time.Time {
	return time.Date(2019, time.January, 1, 0, 0, 0, 0, time.UTC).AddDate(0, 0, o.rand.IntN(3650))
}

func date(o *object) { o.put(world.Date(o.day())) }

func moment(o *object) {
	o.put(world.DateTime(o.day().Add(time.Duration(o.rand.IntN(24*3600)) * time.Second)))
}

func clock(o *object) {
	o.put(world.Text(fmt.Sprintf("%02d:%02d", o.rand.IntN(24), o.rand.IntN(12)*5)))
}

func address(o *object) {
	o.put(world.Text(fmt.Sprintf("10.%d.%d.%d", o.i>>16&0xff, o.i>>8&0xff, o.i&0xff)))
}

func link(path string) func(o *object) {
	return text(func(o *object) string { return fmt.Sprintf("https://wiki.example/%s/%d?view=all&lang=en", path, o.k+1) })
}

func mail(o *object) {
	o.put(world.Text(fmt.Sprintf("team-%d@ops.example", o.rand.IntN(60))))
}

// choice picks one of the options of a select.
func choice(options string) func(o *object) {
	list := strings.Split(options, ",")
	return func(o *object) { o.put(world.Select(o.oneOf(list))) }
}

// choices picks several different ones.
func choices(options string, most int) func(o *object) {
	list := strings.Split(options, ",")
	return func(o *object) {
		from, n := o.rand.IntN(len(list)), 1+o.rand.IntN(min(most, len(list)))
		for i := range n {
			o.put(world.Select(list[(from+i)%len(list)]))
		}
	}
}

func user(o *object) {
	if o.rand.IntN(200) == 0 {
		o.put(world.UserValue(o.oneOf(o.cast.rareUsers)))
		return
	}
	o.put(world.UserValue(o.oneOf(o.cast.users)))
}

func group(o *object) {
	if o.rand.IntN(200) == 0 {
		o.put(world.GroupValue(o.oneOf(o.cast.rareGroups)))
		return
	}
	o.put(world.GroupValue(o.oneOf(o.cast.groups)))
}

// several puts up to most different users.
func several(most int) func(o *object) {
	return func(o *object) {
		from := o.rand.IntN(len(o.cast.users))
		for i := range 1 + o.rand.IntN(most) {
			o.put(world.UserValue(o.cast.users[(from+i*7)%len(o.cast.users)]))
		}
	}
}

func status(o *object) { o.put(world.StatusValue(o.status[o.rand.IntN(len(o.status))])) }

func project(o *object) {
	o.put(world.ProjectValue(o.cast.projects[o.rand.IntN(len(o.cast.projects))]))
}

func version(o *object) {
	o.put(world.VersionValue(o.cast.versions[o.rand.IntN(len(o.cast.versions))]))
}

// to refers to one to most different objects of a kind, if there are as many.
func to(name string, most int) func(o *object) {
	return func(o *object) {
		k := o.model.kind(name)
		n := min(k.place.count, 1+o.rand.IntN(most))
		if n <= 0 {
			return
		}
		// A step that is prime to the count makes the objects different.
		start := o.rand.IntN(k.place.count)
		step := max(1, k.place.count/(n+1))
		for i := range n {
			o.refer(k, (start+i*step)%k.place.count)
		}
	}
}

// earlier refers to up to most different earlier objects of the same kind.
func earlier(most int) func(o *object) {
	return func(o *object) {
		n := min(o.k, 1+o.rand.IntN(most))
		last := -1
		for i := range n {
			// Each from its own part of those before, so that they differ.
			low, high := o.k*i/n, o.k*(i+1)/n
			pick := low + o.rand.IntN(high-low)
			if pick != last {
				o.refer(o.kind, pick)
			}
			last = pick
		}
	}
}
