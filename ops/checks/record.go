package checks

import "time"

// A record is what is remembered of a check's results, for /checks. It begins with the bot.
type record struct {
	recent  []Result          // newest last
	buckets [dayBuckets]tally // a ring over the last day
	newest  int64             // the bucket that was written last, counted from 1970
	since   time.Time         // of the first result
}

type tally struct{ good, bad int32 }

const (
	keptResults = 10
	bucketSpan  = 5 * time.Minute
	dayBuckets  = int(24 * time.Hour / bucketSpan)
)

func (r *record) add(result Result) {
	if r.since.IsZero() {
		r.since = result.At
	}
	if r.recent = append(r.recent, result); len(r.recent) > keptResults {
		r.recent = append([]Result(nil), r.recent[1:]...)
	}
	b := &r.buckets[r.turn(result.At)]
	if result.Fault == "" {
		b.good++
	} else {
		b.bad++
	}
}

// turn empties the buckets that time has passed by, and returns the present one's place.
func (r *record) turn(now time.Time) int {
	n := now.Unix() / int64(bucketSpan/time.Second)
	if n-r.newest >= int64(dayBuckets) {
		r.buckets = [dayBuckets]tally{}
		r.newest = n
	}
	for ; r.newest < n; r.newest++ {
		r.buckets[(r.newest+1)%int64(dayBuckets)] = tally{}
	}
	return int(n % int64(dayBuckets))
}

// last is the newest result; ok is false if there is none yet.
func (r *record) last() (result Result, ok bool) {
	if len(r.recent) == 0 {
		return Result{}, false
	}
	return r.recent[len(r.recent)-1], true
}

// uptime is the share of results of the last day that were good, in percent, and how long that is.
func (r *record) uptime(now time.Time) (percent float64, over time.Duration) {
	r.turn(now)
	var sum tally
	for _, b := range r.buckets {
		sum.good, sum.bad = sum.good+b.good, sum.bad+b.bad
	}
	if sum.good+sum.bad == 0 {
		return 0, 0
	}
	return float64(sum.good) / float64(sum.good+sum.bad) * 100, min(now.Sub(r.since), 24*time.Hour)
}
