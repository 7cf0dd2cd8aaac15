package docker

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/containerd/errdefs"
	"github.com/docker/docker/api/types"
	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/client"

	"vigie/ops"
)

// begin starts the program. Its error is Unknown once the engine may have done so.
func (p *process) begin(ctx context.Context) (types.HijackedResponse, error) {
	var none types.HijackedResponse
	if err := p.box.runs(); err != nil {
		return none, err
	}
	made, err := ask(ctx, p.e, p.call(), func(ctx context.Context, api *client.Client) (container.ExecCreateResponse, error) {
		return api.ContainerExecCreate(ctx, p.box.ID, container.ExecOptions{Cmd: p.x.Argv, User: p.x.User, AttachStdin: p.x.Stdin != nil,
			Env: append(p.x.Env[:len(p.x.Env):len(p.x.Env)], markName+"="+p.mark), AttachStdout: true, AttachStderr: true})
	})
	if err != nil {
		return none, p.refused(ctx, err)
	}
	p.id = made.ID
	c := p.call()
	c.changes, c.limit = true, readLimit
	pipe, err := ask(ctx, p.e, c, func(ctx context.Context, api *client.Client) (types.HijackedResponse, error) {
		return p.attach(ctx, api)
	})
	if err != nil {
		return none, p.refused(ctx, err)
	}
	return pipe, nil
}

// attach asks for the start of the program over a connection of its own, which becomes its streams. The client itself
// would wait for ever for an engine that takes the request and says nothing.
func (p *process) attach(ctx context.Context, api *client.Client) (types.HijackedResponse, error) {
	spare := func() bool { return true }
	own, err := client.NewClientWithOpts(client.WithHost(p.e.address()), client.WithVersion(api.ClientVersion()),
		client.WithDialContext(func(ctx context.Context, network, addr string) (net.Conn, error) {
			conn, err := p.e.connect(ctx, network, addr)
			if err == nil {
				spare = context.AfterFunc(ctx, func() { conn.SetDeadline(time.Unix(1, 0)) })
			}
			return conn, err
		}))
	if err != nil {
		return types.HijackedResponse{}, err
	}
	pipe, err := own.ContainerExecAttach(ctx, p.id, container.ExecAttachOptions{})
	switch {
	case err == nil && spare():
		return pipe, nil
	case err == nil:
		pipe.Close()
		return pipe, ctx.Err()
	case ctx.Err() != nil:
		return pipe, ctx.Err()
	case strings.HasSuffix(err.Error(), fmt.Sprintf("received %d", http.StatusForbidden)):
		return pipe, fmt.Errorf("403 Forbidden: %w", errdefs.ErrPermissionDenied) // only a proxy says so: EXEC is shut
	case strings.Contains(err.Error(), "unable to upgrade to"):
		return pipe, err
	}
	return pipe, hungUp{err}
}

// hungUp is a connection that ended before the answer, whatever the sort of its error.
type hungUp struct{ error }

func (hungUp) Timeout() bool   { return false }
func (hungUp) Temporary() bool { return false }
func (h hungUp) Unwrap() error { return h.error }

// refused tells a refusal by what the container has become, where that says more.
func (p *process) refused(ctx context.Context, err error) error {
	if k := ops.KindOf(err); k != ops.Failed && k != ops.NotFound {
		return err
	}
	now, lookErr := p.e.Inspect(ctx, p.box.ID)
	if lookErr == nil {
		lookErr = now.runs()
	}
	if k := ops.KindOf(lookErr); k == ops.Failed || k == ops.NotFound {
		return lookErr
	}
	return err
}
