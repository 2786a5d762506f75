package snapshot

import (
	"encoding/binary"
	"fmt"
	"math"
	"strconv"

	"github.com/klauspost/compress/zstd"
)

// Version is the format version this package writes. It reads this one and all before.
const Version = 1

const (
	magic      = "STOW"
	headerSize = 8

	frameKeyset     byte = 'K'
	frameSegment    byte = 'S'
	frameManifest   byte = 'M'
	frameCheckpoint byte = 'C'
)

// Limits of what is read. A stored file may be a little larger than its content: what cannot be compressed grows.
const (
	maxPlaintext      = 64 << 20
	maxStoredSegment  = 65 << 20
	maxManifest       = 256 << 20
	maxStoredManifest = 64 << 20
	maxStoredKeyset   = 1 << 20
	maxStoredMark     = 1 << 10
)

func appendHeader(dst []byte, letter byte) []byte {
	dst = append(dst, magic...)
	dst = append(dst, letter)
	dst = binary.BigEndian.AppendUint16(dst, Version)
	return append(dst, 0)
}

// openFrame checks the header and returns the format version and what follows.
func openFrame(data []byte, letter byte) (int, []byte, error) {
	if len(data) < headerSize || string(data[:4]) != magic || data[4] != letter {
		return 0, nil, fmt.Errorf("%w: no such header", ErrTampered)
	}
	version := int(binary.BigEndian.Uint16(data[5:7]))
	if version > Version {
		return 0, nil, futureVersion(version)
	}
	if version == 0 || data[7] != 0 {
		return 0, nil, fmt.Errorf("%w: no such header", ErrTampered)
	}
	return version, data[headerSize:], nil
}

// associated joins the parts that a sealed file is bound to, none of which can contain the separator.
func associated(version int, parts ...string) []byte {
	var ad []byte
	for _, p := range parts {
		ad = append(append(ad, p...), '|')
	}
	return strconv.AppendInt(ad, int64(version), 10)
}

// newEncoder returns the compressor of a writer. What it makes is the same for the same input, in one version of the
// library. The checksum is left to the seal.
func newEncoder() *zstd.Encoder {
	e, err := zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1), zstd.WithEncoderCRC(false), zstd.WithLowerEncoderMem(true),
		zstd.WithWindowSize(maxSegment), zstd.WithEncoderLevel(zstd.SpeedDefault),
		// Without it, frames of small content do not declare their size.
		zstd.WithSingleSegment(true))
	if err != nil {
		panic("snapshot: options of the compressor: " + err.Error())
	}
	return e
}

// decompress expands one frame whose declared size is at most limit.
func decompress(data []byte, limit uint64) ([]byte, error) {
	var h zstd.Header
	if err := h.Decode(data); err != nil {
		return nil, fmt.Errorf("%w: compression: %w", ErrTampered, err)
	}
	if h.Skippable || !h.HasFCS || h.FrameContentSize > limit || h.FrameContentSize > math.MaxInt {
		return nil, fmt.Errorf("%w: declares an impossible size", ErrTampered)
	}
	// A decompressor of its own costs little beside a segment. A shared one would tie readers together by a channel.
	d, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true), zstd.WithDecoderMaxMemory(limit),
		zstd.WithDecoderMaxWindow(max(limit, zstd.MinWindowSize)))
	if err != nil {
		return nil, fmt.Errorf("options of the decompressor: %w", err)
	}
	defer d.Close()
	out, err := d.DecodeAll(data, make([]byte, 0, h.FrameContentSize))
	if err != nil {
		return nil, fmt.Errorf("%w: compression: %w", ErrTampered, err)
	}
	if uint64(len(out)) != h.FrameContentSize {
		return nil, fmt.Errorf("%w: more than one frame", ErrTampered)
	}
	return out, nil
}
