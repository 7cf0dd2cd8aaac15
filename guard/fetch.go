package guard

import (
	"context"
	"os"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// fetch runs what works in the folder of checkpoints. A download goes on for as long as somebody waits for it: whoever asked for it
// and hangs up, ends it, with all that it began.
func (r Rules) fetch(ctx context.Context, c Call, argv []string) int {
	ctx, cancel := context.WithTimeout(ctx, c.Limit)
	defer cancel()
	cmd := command(ctx, c, argv)
	if r.CA != "" {
		cmd.Env = append(cmd.Env, "CURL_CA_BUNDLE="+r.CA)
	}
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) } // flock, and the curl that it waits for
	over := make(chan struct{})
	watched := make(chan struct{})
	go func() { // waited for below
		defer close(watched)
		if hungUp(c, over) {
			cancel()
		}
	}()
	err := cmd.Run()
	close(over)
	<-watched
	return ended(c, err)
}

// hungUp returns true once nobody reads what the program says, and false when over is closed before. sshd ends no program that says
// nothing, and passes no signal on to a forced command.
func hungUp(c Call, over <-chan struct{}) bool {
	out, ok := c.Out.(*os.File)
	if !ok {
		return false
	}
	tick := time.NewTicker(250 * time.Millisecond)
	defer tick.Stop()
	for {
		fds := []unix.PollFd{{Fd: int32(out.Fd())}} // hang-ups and errors are told unasked
		if n, err := unix.Poll(fds, 0); err == nil && n > 0 && fds[0].Revents&(unix.POLLHUP|unix.POLLERR|unix.POLLNVAL) != 0 {
			return true
		}
		select {
		case <-over:
			return false
		case <-tick.C:
		}
	}
}
