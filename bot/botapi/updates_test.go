package botapi

import (
	"context"
	"fmt"
	"runtime"
	"slices"
	"sync"
	"testing"
	"time"
)

type heard struct {
	ID       int            `json:"update_id"`
	Message  *Message       `json:"message"`
	Edited   *Message       `json:"edited_message"`
	Post     *Message       `json:"channel_post"`
	Callback *CallbackQuery `json:"callback_query"`
	Member   map[string]any `json:"my_chat_member"`
}

func (a api) poll(pairs ...any) []heard {
	a.t.Helper()
	return into[[]heard](a.t, a.call("getUpdates", pairs...))
}

func texts(updates []heard) string {
	var out []string
	for _, u := range updates {
		out = append(out, u.Message.Text)
	}
	return fmt.Sprint(out)
}

func TestOffsetsConfirm(t *testing.T) {
	a := serve(t)
	for i := range 5 {
		a.said(ann, ann, fmt.Sprint(i))
	}
	all := a.poll()
	if texts(all) != "[0 1 2 3 4]" || texts(a.poll("limit", 2)) != "[0 1]" {
		t.Fatalf("unconfirmed updates are not given again: %s", texts(all))
	}
	for i := 1; i < 5; i++ {
		if all[i].ID != all[i-1].ID+1 {
			t.Fatalf("ids %d, %d", all[i-1].ID, all[i].ID)
		}
	}
	if got := texts(a.poll("offset", all[2].ID)); got != "[2 3 4]" || a.Pending() != 3 {
		t.Fatalf("offset confirms: %s, %d pending", got, a.Pending())
	}
	if got := texts(a.poll("offset", all[0].ID)); got != "[2 3 4]" {
		t.Fatalf("an old offset brought back %s", got)
	}
	if got := texts(a.poll("offset", -2)); got != "[3 4]" || a.Pending() != 2 {
		t.Fatalf("a negative offset forgets: %s, %d pending", got, a.Pending())
	}
	if got := a.poll("offset", all[4].ID+100); len(got) != 0 || a.Pending() != 0 {
		t.Fatalf("a far offset left %v", got)
	}
}

func TestLongPollWaitsAndWakes(t *testing.T) {
	a := serve(t)
	got := a.later("getUpdates", "timeout", 50)
	if err := a.Wait(within(t, 10*time.Second), func() bool { return a.Polling() }); err != nil {
		t.Fatal(err)
	}
	a.said(ann, ann, "wake up")
	if updates := into[[]heard](t, receive(t, got)); texts(updates) != "[wake up]" {
		t.Fatalf("got %s", texts(updates))
	}
}

func TestLongPollEndsEmpty(t *testing.T) {
	a := serve(t)
	begin := time.Now()
	if got := a.poll("timeout", 1); len(got) != 0 || time.Since(begin) < time.Second {
		t.Fatalf("after %v: %v", time.Since(begin), got)
	}
	if begin = time.Now(); len(a.poll("timeout", 0)) != 0 || time.Since(begin) > time.Second {
		t.Fatal("no timeout waits all the same")
	}
}

func TestTheNewerPollWins(t *testing.T) {
	a := serve(t)
	older := a.later("getUpdates", "timeout", 50)
	if err := a.Wait(within(t, 10*time.Second), a.Polling); err != nil {
		t.Fatal(err)
	}
	newer := a.later("getUpdates", "timeout", 50)
	wantRefusal(t, receive(t, older), 409, "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running")
	a.said(ann, ann, "for the newer")
	if got := texts(into[[]heard](t, receive(t, newer))); got != "[for the newer]" {
		t.Fatalf("the newer poll got %s", got)
	}
}

func TestConflictsAreHeldBack(t *testing.T) {
	a := serve(t, func(o *Options) { o.ConflictDelay = 300 * time.Millisecond })
	older := a.later("getUpdates", "timeout", 50)
	if err := a.Wait(within(t, 10*time.Second), a.Polling); err != nil {
		t.Fatal(err)
	}
	begin := time.Now()
	a.poll()
	if r := receive(t, older); r.Status != 409 || time.Since(begin) < 300*time.Millisecond {
		t.Fatalf("%d after %v", r.Status, time.Since(begin))
	}
}

func TestBotsDoNotShareUpdates(t *testing.T) {
	a := serve(t)
	a.said(ann, ann, "for the first")
	a.said(ann, ann, "for the other", ToBot("other_bot"))
	r, err := a.try(t.Context(), otherToken, "getUpdates")
	if err != nil {
		t.Fatal(err)
	}
	if got := texts(into[[]heard](t, r)); got != "[for the other]" {
		t.Errorf("the other bot heard %s", got)
	}
	if got := texts(a.poll()); got != "[for the first]" {
		t.Errorf("the first bot heard %s", got)
	}
	if got := a.MessagesWith("other_bot", ann); len(got) != 1 || got[0].Text != "for the other" {
		t.Errorf("the other chat holds %+v", got)
	}
}

func TestAllowedUpdatesPersist(t *testing.T) {
	a := serve(t)
	m := a.sent(ann, "x", "reply_markup", keyboard("A", "a"))
	tap := func() {
		t.Helper()
		if _, err := a.Tap(ann, ann, m.MessageID, "A"); err != nil {
			t.Fatal(err)
		}
	}
	kinds := func() string {
		var out []string
		for _, u := range a.Updates() {
			out = append(out, u.Kind)
		}
		return fmt.Sprint(out)
	}
	a.poll("allowed_updates", []string{"message", "made_up"})
	tap()
	a.said(ann, ann, "1")
	a.poll()
	tap()
	a.poll("allowed_updates", "null")
	tap()
	if got := kinds(); got != "[message]" {
		t.Fatalf("only messages were wanted: %s", got)
	}
	a.poll("allowed_updates", []string{})
	tap()
	if got := kinds(); got != "[message callback_query]" {
		t.Fatalf("the default set came back: %s", got)
	}
	a.poll("allowed_updates", []string{"made_up"})
	tap()
	if got := kinds(); got != "[message callback_query callback_query]" {
		t.Fatalf("unknown names only are the default set: %s", got)
	}
}

// TestManyPollersAndSpeakers has everybody do everything at once, for -race.
func TestManyPollersAndSpeakers(t *testing.T) {
	a := serve(t)
	ctx, cancel := context.WithCancel(t.Context())
	var pollers, speakers sync.WaitGroup
	var mu sync.Mutex
	ids := map[int]string{}
	for range 3 {
		pollers.Go(func() {
			offset := 0
			for ctx.Err() == nil {
				r, err := a.try(ctx, token, "getUpdates", "timeout", 5, "offset", offset)
				if err != nil || !r.OK {
					continue // 409: another one took over
				}
				mu.Lock()
				for _, u := range into[[]heard](t, r) {
					if old, again := ids[u.ID]; again && old != u.Message.Text {
						t.Errorf("update %d is %q and %q", u.ID, old, u.Message.Text)
					}
					ids[u.ID] = u.Message.Text
					offset = max(offset, u.ID+1)
				}
				mu.Unlock()
			}
		})
	}
	const each = 40
	for i := range 4 {
		speakers.Go(func() {
			for n := range each {
				a.said(ann, ann, fmt.Sprintf("%d/%d", i, n))
				a.call("sendMessage", "chat_id", bob, "text", "x")
			}
		})
	}
	speakers.Wait()
	err := a.Wait(within(t, 20*time.Second), func() bool { return a.Pending() == 0 })
	cancel()
	pollers.Wait()
	if err != nil || len(ids) != 4*each {
		t.Errorf("%d updates heard, %d pending, %v", len(ids), a.Pending(), err)
	}
	if n := len(a.Messages(bob)); n != 4*each {
		t.Errorf("%d messages sent", n)
	}
}

func TestALongQueueIsLetGo(t *testing.T) {
	a := serve(t, func(o *Options) { o.History = 100 })
	const many = 100_000
	before := heap()
	for range many {
		a.Say(ann, ann, "a message of quite an ordinary length for a chat") // cannot fail
	}
	full := heap()
	if a.Pending() != many {
		t.Fatalf("%d pending", a.Pending())
	}
	if got := a.poll("limit", 1); len(got) != 1 {
		t.Fatal("no update")
	}
	a.poll("offset", a.Updates()[len(a.Updates())-1].ID+1)
	a.mu.Lock()
	a.order[0].history = ring[Update]{max: logged}
	a.mu.Unlock()
	if after := heap(); a.Pending() != 0 || after > before+(full-before)/10 {
		t.Errorf("heap %d kB, with the queue %d kB, after it %d kB", before/1024, full/1024, after/1024)
	}
	if n := len(a.Messages(ann)); n != 100 {
		t.Errorf("%d messages kept", n)
	}
}

func heap() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

func TestRing(t *testing.T) {
	r := ring[int]{max: 3}
	for i := 1; i <= 5; i++ {
		r.add(i)
	}
	for _, row := range []struct {
		after    uint64
		want     []int
		complete bool
	}{{0, []int{3, 4, 5}, false}, {2, []int{3, 4, 5}, true}, {4, []int{5}, true}, {5, nil, true}, {9, nil, false}} {
		got, complete := r.after(row.after)
		if !slices.Equal(got, row.want) || complete != row.complete {
			t.Errorf("after %d: %v %v", row.after, got, complete)
		}
	}
}
