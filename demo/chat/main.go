// Command chat is the demo's Telegram: the stand-in Bot API, and a chat page on which one can be any of three people.
//
// It listens on loopback only, because whoever opens the page speaks for all three without a password.
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
	"strings"
	"syscall"
	"time"

	"vigie/bot/botapi"
)

func main() {
	port := flag.Int("port", 8099, "port on 127.0.0.1, for the Bot API and the page")
	tokenFile := flag.String("token-file", "", "file with the bot's token")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, os.Interrupt)
	defer stop()
	if err := run(ctx, *port, *tokenFile); err != nil {
		fmt.Fprintln(os.Stderr, "chat:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, port int, tokenFile string) error {
	token, err := os.ReadFile(tokenFile)
	if err != nil {
		return fmt.Errorf("read the bot's token: %w", err)
	}
	telegram := botapi.New(people(strings.TrimSpace(string(token))))
	server := &http.Server{
		Addr:              net.JoinHostPort("127.0.0.1", fmt.Sprint(port)),
		Handler:           split(telegram, telegram.Page()),
		ReadHeaderTimeout: 10 * time.Second,
	}
	stopped := make(chan error, 1)
	context.AfterFunc(ctx, func() {
		telegram.Close()
		stopped <- server.Close() // an open page holds its connection for ever: nothing to be patient about
	})
	if err := server.ListenAndServe(); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return <-stopped
}

// people are the demo's bot, three persons with one role each, and the group where they work.
func people(token string) botapi.Options {
	return botapi.Options{
		Bots: []botapi.Bot{{Token: token, Username: "vigie_bot", Name: "Vigie"}},
		Users: []botapi.User{
			{ID: 1001, FirstName: "Ann", Username: "ann", LanguageCode: "en", Hint: "admin"},
			{ID: 1002, FirstName: "Bruno", Username: "bruno", LanguageCode: "fr", Hint: "operator"},
			{ID: 1003, FirstName: "Chloé", Username: "chloe", LanguageCode: "fr", Hint: "viewer"},
		},
		Groups: []botapi.Group{{
			ID:     -1001000000001,
			Title:  "javisi ops",
			Topics: []botapi.Topic{{ID: 2, Name: "Alerts"}, {ID: 3, Name: "Deploys"}},
			Admins: []int64{1001},
		}},
		Limits: botapi.RealLimits(),
	}
}

// split gives the bot's calls to the API and everything else to the page.
func split(api, page http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.URL.Path, "/bot") || strings.HasPrefix(r.URL.Path, "/file/bot") {
			api.ServeHTTP(w, r)
			return
		}
		page.ServeHTTP(w, r)
	})
}
