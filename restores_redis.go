package main

import (
	"context"
	"io"

	"vigie/ops/docker"
	"vigie/ops/redis"
)

// inRedis is a service's container as the package redis sees it.
type inRedis struct{ *docker.Box }

func (b inRedis) Exec(ctx context.Context, x redis.Exec) (int, error) {
	return b.Box.Exec(ctx, docker.Exec{Argv: x.Argv, Env: x.Env, User: x.User, Stdin: x.Stdin, Stdout: x.Stdout, Stderr: x.Stderr})
}

func (b inRedis) Stat(ctx context.Context, path string) (redis.FileInfo, error) {
	info, err := b.Box.Stat(ctx, path)
	return redis.FileInfo(info), err
}

func (b inRedis) ReadFile(ctx context.Context, path string) (io.ReadCloser, redis.FileInfo, error) {
	r, info, err := b.Box.ReadFile(ctx, path)
	return r, redis.FileInfo(info), err
}

func (b inRedis) WriteFile(ctx context.Context, path string, info redis.FileInfo, r io.Reader) error {
	return b.Box.WriteFile(ctx, path, docker.FileInfo(info), r)
}

type forRedis struct{ *docker.Stack }

func (s forRedis) Pausing(ctx context.Context, services []string) (redis.Pause, error) {
	p, err := s.Stack.Pausing(ctx, services)
	return redis.Pause(p), err
}
