package main

import (
	"context"
	"encoding/json"
	"errors"
	"net"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// A probe says why something that Vigie needs is not there, or nil.
type probe func(context.Context) error

// listenHTTP serves /healthz (this process answers), /readyz (so does everything that it needs), and /metrics.
// extra are more handlers, by pattern. It returns once the address is taken; the server ends with ctx.
func listenHTTP(ctx context.Context, address string, ready map[string]probe, extra map[string]http.Handler, broken func(error)) (ended <-chan struct{}, err error) {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("ok\n")) })
	mux.Handle("GET /readyz", readyz(ready))
	mux.Handle("GET /metrics", promhttp.Handler())
	for pattern, h := range extra {
		mux.Handle(pattern, h)
	}
	l, err := net.Listen("tcp", address)
	if err != nil {
		return nil, err
	}
	s := &http.Server{Handler: mux, ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 30 * time.Second, WriteTimeout: 60 * time.Second, MaxHeaderBytes: 64 << 10}
	done := make(chan struct{})
	go func() { // ends when the server is shut down below
		if err := s.Serve(l); err != nil && !errors.Is(err, http.ErrServerClosed) {
			broken(err)
		}
	}()
	go func() { // waited for through ended
		defer close(done)
		<-ctx.Done()
		last, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		if err := s.Shutdown(last); err != nil {
			broken(err)
		}
	}()
	return done, nil
}

// readyz answers 200 with «ok» for each part, or 503 with the reasons.
func readyz(probes map[string]probe) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx, cancel := context.WithTimeout(r.Context(), 5*time.Second)
		defer cancel()
		parts, status := map[string]string{}, http.StatusOK
		for name, p := range probes {
			parts[name] = "ok"
			if err := p(ctx); err != nil {
				parts[name], status = err.Error(), http.StatusServiceUnavailable
			}
		}
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		_ = json.NewEncoder(w).Encode(parts) // the asker is gone if this fails
	})
}
