package botapi

import (
	"math"
	"time"
)

// Limits are the rates at which a bot may send and edit; a zero one is off.
type Limits struct {
	PerChat     float64 // messages a second in one chat
	ChatBurst   int     // how many may come at once, at least 1
	PerMinute   int     // messages a minute in a group
	Overall     float64 // messages a second of all chats together
	OverallSize int     // burst of Overall, at least 1
}

// RealLimits are those of Telegram's FAQ, with the small bursts that it tolerates.
func RealLimits() Limits {
	return Limits{PerChat: 1, ChatBurst: 3, PerMinute: 20, Overall: 30, OverallSize: 30}
}

// bucket is a token bucket that refills with time.
type bucket struct {
	spent float64 // tokens not yet given back
	at    time.Time
}

// wait gives how long until a token is there, 0 when it is.
func (b *bucket) wait(rate float64, size int, now time.Time) time.Duration {
	if rate <= 0 {
		return 0
	}
	b.spent = math.Max(0, b.spent-now.Sub(b.at).Seconds()*rate)
	b.at = now
	missing := b.spent + 1 - math.Max(1, float64(size))
	if missing <= 1e-9 {
		return 0
	}
	return time.Duration(missing / rate * float64(time.Second))
}

// spend counts one message of b to r, or refuses it; s.mu is held.
func (s *Server) spend(b *bot, r *room) *apiError {
	l, now := s.opts.Limits, time.Now()
	wait := max(r.second.wait(l.PerChat, l.ChatBurst, now), b.bucket.wait(l.Overall, l.OverallSize, now))
	if r.chat.Type != "private" {
		wait = max(wait, r.minute.wait(float64(l.PerMinute)/60, l.PerMinute, now))
	}
	if wait > 0 {
		return tooMany(int(math.Ceil(wait.Seconds())))
	}
	r.second.spent++
	r.minute.spent++
	b.bucket.spent++
	return nil
}
