package mem_test

import (
	"testing"

	"stowage/blob/blobtest"
	"stowage/blob/mem"
)

func TestStore(t *testing.T) {
	t.Parallel()
	blobtest.TestStore(t, func(testing.TB) blobtest.Store { return blobtest.Store{Store: mem.New()} })
}
