package gen

import (
	"errors"

	"stowage/atlassian/sim/world"
)

func fillNasty(w *world.World, p Profile, objects int, seed uint64) (Report, error) {
	return Report{}, errors.New("not made yet")
}
