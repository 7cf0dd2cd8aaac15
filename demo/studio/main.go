// Command studio is the demo's ComfyUI, and the n8n with the creative pipeline: the stand-ins that the tests use. It listens on
// loopback only, validates as ComfyUI and n8n do, and draws real pictures, a step at a time. Nothing that it makes costs anything.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"

	"vigie/ops/comfyui/comfytest"
	"vigie/ops/creative/creativetest"
)

func main() {
	port := flag.Int("port", 8188, "port on 127.0.0.1")
	step := flag.Duration("step", 500*time.Millisecond, "how long one step of drawing takes")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, os.Interrupt)
	defer stop()
	if err := serve(ctx, *port, *step); err != nil {
		fmt.Fprintln(os.Stderr, "studio:", err)
		os.Exit(1)
	}
}

// serve answers until ctx ends.
func serve(ctx context.Context, port int, step time.Duration) error {
	comfy := comfytest.New(comfytest.Options{Checkpoints: []string{"dawn.safetensors", "dusk.safetensors"}, Step: step})
	defer comfy.Close()
	address := net.JoinHostPort("127.0.0.1", fmt.Sprint(port))
	pipeline := &creativetest.Server{Takes: 20 * step, Open: true, Public: "http://" + address + "/creations"}
	all := http.NewServeMux()
	all.Handle("/", comfy)
	all.Handle("/webhook/", pipeline)
	all.Handle("/creations/", http.StripPrefix("/creations", pipeline))
	server := &http.Server{Addr: address, Handler: all, ReadHeaderTimeout: 10 * time.Second}
	defer context.AfterFunc(ctx, func() { _ = server.Close() })() // websockets would keep a shutdown waiting
	if err := server.ListenAndServe(); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}
