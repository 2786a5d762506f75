//go:build unix

package main

import "syscall"

// allocate returns memory that the garbage collector knows nothing of.
func allocate(size int) ([]byte, error) {
	return syscall.Mmap(-1, 0, size, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_ANON|syscall.MAP_PRIVATE)
}

func release(memory []byte) error { return syscall.Munmap(memory) }
