package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"stowage/snapshot"
)

// The environment variables the command line reads.
const (
	envKey     = "STOWAGE_KEY"
	envKeyFile = "STOWAGE_KEY_FILE"
	envData    = "STOWAGE_DATA"
)

// errNoKey is the lack of a key.
var errNoKey = errors.New("no key")

// dataDir is where the embedded database, the key file and the default store live.
func dataDir(flag string, env func(string) string) (string, error) {
	if flag != "" {
		return filepath.Abs(flag)
	}
	if dir := env(envData); dir != "" {
		return filepath.Abs(dir)
	}
	if dir := env("XDG_DATA_HOME"); dir != "" {
		return filepath.Join(dir, "stowage"), nil
	}
	if home := env("HOME"); home != "" {
		return filepath.Join(home, ".local", "share", "stowage"), nil
	}
	return "", usage("no home directory: say with --data where to keep the database and the key")
}

// masterKey finds the key that unlocks the store: the environment first, then the key file. Where neither is there, a new
// key file is made when create is set; made is then its path.
func masterKey(file, data string, env func(string) string, create bool) (key snapshot.MasterKey, made string, err error) {
	if text := env(envKey); text != "" {
		if key, err = snapshot.ParseMasterKey(strings.TrimSpace(text)); err != nil {
			return key, "", usage("%s does not hold a key: %w", envKey, err)
		}
		return key, "", nil
	}
	if file == "" {
		file = env(envKeyFile)
	}
	if file == "" {
		file = filepath.Join(data, "key")
	}
	key, err = readKeyFile(file)
	if !errors.Is(err, fs.ErrNotExist) {
		return key, "", err
	}
	if !create {
		return key, "", fmt.Errorf("%w: %s does not exist and %s is not set; without the key that made a backup nothing can read it", errNoKey, file, envKey)
	}
	key = snapshot.NewMasterKey()
	if err := writeKeyFile(file, key); err != nil {
		return key, "", err
	}
	return key, file, nil
}

func readKeyFile(file string) (snapshot.MasterKey, error) {
	var none snapshot.MasterKey
	info, err := os.Stat(file)
	if err != nil {
		return none, err
	}
	if info.Mode().Perm()&0o077 != 0 {
		return none, fmt.Errorf("the key file %s can be read by others: run chmod 600 %s", file, file)
	}
	text, err := os.ReadFile(file) //nolint:gosec // The user names the file.
	if err != nil {
		return none, err
	}
	key, err := snapshot.ParseMasterKey(strings.TrimSpace(string(text)))
	if err != nil {
		return none, fmt.Errorf("key file %s: %w", file, err)
	}
	return key, nil
}

// writeKeyFile creates the file for its owner only and never overwrites one.
func writeKeyFile(file string, key snapshot.MasterKey) (err error) {
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		return err
	}
	f, err := os.OpenFile(file, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600) //nolint:gosec // The user names the file.
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	if _, err := f.WriteString(key.Reveal() + "\n"); err != nil {
		return err
	}
	return f.Sync()
}
