// Command registry is the demo's image registry: it listens on loopback only, so that the demo can pull and update images
// without the internet. The engine accepts plain HTTP from 127.0.0.1 by default.
//
// Layers are kept in -dir; which tag names what is kept in memory, so a registry that starts again is empty until images are pushed.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log"
	"net"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/google/go-containerregistry/pkg/registry"
)

func main() {
	port := flag.Int("port", 5055, "port on 127.0.0.1")
	dir := flag.String("dir", "", "directory for the layers")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, os.Interrupt)
	defer stop()
	if err := serve(ctx, *port, *dir); err != nil {
		fmt.Fprintln(os.Stderr, "registry:", err)
		os.Exit(1)
	}
}

// serve answers until ctx ends, then lets the transfers that run finish for up to five seconds.
func serve(ctx context.Context, port int, dir string) error {
	if dir == "" {
		return errors.New("-dir is missing: the directory for the layers")
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("make the directory for the layers: %w", err)
	}
	server := &http.Server{
		Addr: net.JoinHostPort("127.0.0.1", fmt.Sprint(port)),
		Handler: registry.New(
			registry.WithBlobHandler(registry.NewDiskBlobHandler(dir)),
			registry.Logger(log.New(os.Stdout, "", log.LstdFlags)),
		),
		ReadHeaderTimeout: 10 * time.Second,
	}
	stopped := make(chan error, 1)
	context.AfterFunc(ctx, func() {
		patience, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		stopped <- server.Shutdown(patience)
	})
	if err := server.ListenAndServe(); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return <-stopped
}
