package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
)

// sizes are those of the binary and of its image.
func (b *bench) sizes(ctx context.Context) ([]row, error) {
	binary, err := megabytes(b.programs.vigie)
	if err != nil {
		return nil, err
	}
	server, err := megabytes(b.programs.server)
	if err != nil {
		return nil, err
	}
	rows := []row{{what: "binary", n: 1, got: binary, floor: server, floorIs: "a Go hello server", aim: 30, aimAtMost: true}}
	name := b.town.project + "_image"
	made := exec.CommandContext(ctx, "make", "image", "IMAGE="+name, "VERSION=bench")
	defer func() {
		// It may not be there, when making it failed.
		_ = exec.Command("docker", "image", "rm", name+":bench", name+":latest").Run()
	}()
	if said, err := made.CombinedOutput(); err != nil {
		return rows, fmt.Errorf("make image: %w: %s", err, said)
	}
	found, err := b.town.api.ImageInspect(ctx, name+":bench")
	if err != nil {
		return rows, fmt.Errorf("looking at the image: %w", err)
	}
	return append(rows, row{what: "image", n: 1, got: value(float64(found.Size)/1e6, "MB"), floor: binary, floorIs: "the binary in it"}), nil
}

func megabytes(path string) (figure, error) {
	f, err := os.Stat(path)
	if err != nil {
		return figure{}, fmt.Errorf("measuring a binary: %w", err)
	}
	return value(float64(f.Size())/1e6, "MB"), nil
}
