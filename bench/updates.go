package main

import (
	"context"
	"fmt"
	"slices"
	"time"

	tgbotapi "github.com/go-telegram-bot-api/telegram-bot-api/v5"

	"vigie/bot/botapi"
)

const (
	queued   = 1000
	speakers = 50
)

// updates measures how fast a queue is answered: from the first poll to the last answer.
func (b *bench) updates(ctx context.Context) ([]row, error) {
	var got, floor []float64
	for range 3 {
		rate, text, err := b.burst(ctx, b.programs.unpaced, botapi.Limits{}, queued)
		if err != nil {
			return nil, err
		}
		got = append(got, rate)
		if rate, err = loop(ctx, text); err != nil {
			return nil, err
		}
		floor = append(floor, rate)
	}
	rows := []row{{what: fmt.Sprintf("%d queued /whoami of %d chats, limits off", queued, speakers), n: len(got), note: "median",
		got: value(median(got), "/s"), floor: value(median(floor), "/s"), floorIs: "getUpdates, sendMessage in a loop", aim: 500}}
	real, _, err := b.burst(ctx, b.programs.vigie, botapi.RealLimits(), 200)
	if err != nil {
		return rows, err
	}
	return append(rows, row{what: "200 queued /whoami, Telegram's limits on", n: 1, note: "with the first burst; none refused",
		got: value(real, "/s"), floor: value(botapi.RealLimits().Overall, "/s"), floorIs: "Telegram's limit"}), nil
}

func median(list []float64) float64 {
	slices.Sort(list)
	return list[len(list)/2]
}

// burst queues updates while no bot runs, starts one, and gives answers a second and what an answer says.
func (b *bench) burst(ctx context.Context, binary string, limits botapi.Limits, n int) (rate float64, text string, err error) {
	r, err := openRoom(limits)
	if err != nil {
		return 0, "", err
	}
	defer r.close()
	if err := r.queue(n); err != nil {
		return 0, "", err
	}
	h, err := b.home(r, socket)
	if err != nil {
		return 0, "", err
	}
	p, err := h.start(ctx, binary)
	if err != nil {
		return 0, "", err
	}
	defer p.kill()
	first, err := r.until(ctx, p, "the first poll", polls)
	if err != nil {
		return 0, "", err
	}
	var last call
	for range n {
		last, err = r.until(ctx, p, "an answer", func(c call) bool { return c.method == "sendMessage" })
		if err != nil {
			return 0, "", err
		}
	}
	for _, c := range r.CallsOf("sendMessage") {
		if c.Code != 200 {
			return 0, "", fmt.Errorf("an answer was refused: %s", c.Description)
		}
	}
	return float64(n) / last.at.Sub(first.at).Seconds(), last.text, p.stop()
}

func (r *room) queue(n int) error {
	for i := range n {
		chat := int64(firstChat + i%speakers)
		if _, err := r.Say(chat, chat, "/whoami"); err != nil {
			return fmt.Errorf("queueing: %w", err)
		}
	}
	return nil
}

// loop answers the same queue with the same library and nothing else: no record, no policy, no journal.
func loop(ctx context.Context, text string) (rate float64, err error) {
	r, err := openRoom(botapi.Limits{})
	if err != nil {
		return 0, err
	}
	defer r.close()
	if err := r.queue(queued); err != nil {
		return 0, err
	}
	api, err := tgbotapi.NewBotAPIWithAPIEndpoint(token, r.url+"/bot%s/%s")
	if err != nil {
		return 0, fmt.Errorf("making the loop's bot: %w", err)
	}
	began := time.Now()
	for offset, done := 0, 0; done < queued; {
		list, err := api.GetUpdates(tgbotapi.UpdateConfig{Offset: offset, Limit: 100})
		if err != nil {
			return 0, fmt.Errorf("the loop's poll: %w", err)
		}
		if ctx.Err() != nil || len(list) == 0 {
			return 0, fmt.Errorf("the loop's poll brought %d updates: %v", len(list), ctx.Err())
		}
		for _, u := range list {
			answer := tgbotapi.NewMessage(u.Message.Chat.ID, text)
			answer.ParseMode = "HTML"
			if _, err := api.Send(answer); err != nil {
				return 0, fmt.Errorf("the loop's answer: %w", err)
			}
			offset = u.UpdateID + 1
			done++
		}
	}
	return queued / time.Since(began).Seconds(), nil
}
