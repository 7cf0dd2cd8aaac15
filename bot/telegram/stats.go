package telegram

import (
	"sync/atomic"
	"time"
)

// Stats are what the bot has done since it was made, and what waits.
type Stats struct {
	Updates   int64     // heard, each once
	Sends     int64     // new messages
	Edits     int64     // messages changed
	Retries   int64     // calls made again after no answer, or one of trouble at Telegram's
	Floods    int64     // times that Telegram wanted us to slow down
	Queued    int64     // updates that wait to be handled
	Sending   int64     // messages that wait to be sent
	LastHeard time.Time // when Telegram last told us something, or, polling, at least once a minute, nothing; zero: not yet
}

type counters struct {
	updates, sends, edits, retries, floods, queued atomic.Int64
	heard                                          atomic.Int64 // ms
}

// Stats are for the metrics, and for telling whether the bot hears: see LastHeard.
func (b *Bot) Stats() Stats {
	s := Stats{
		Updates: b.stats.updates.Load(), Sends: b.stats.sends.Load(), Edits: b.stats.edits.Load(),
		Retries: b.stats.retries.Load(), Floods: b.stats.floods.Load(), Queued: b.stats.queued.Load(),
		Sending: int64(b.pace.waiting()),
	}
	if ms := b.stats.heard.Load(); ms > 0 {
		s.LastHeard = time.UnixMilli(ms)
	}
	return s
}

func (b *Bot) heardNow() { b.stats.heard.Store(time.Now().UnixMilli()) }
