package botapi

// Sizes of the logs: enough for any test, bounded for a demo that runs for weeks.
const (
	logged       = 20_000
	loggedEvents = 2_000
)

// ring keeps the newest max values and numbers them from 1.
type ring[T any] struct {
	max    int
	values []T // once full, values[next] is the oldest
	next   int
	last   uint64 // number of the newest
}

func (r *ring[T]) add(v T) {
	r.last++
	if len(r.values) < r.max {
		r.values = append(r.values, v)
		return
	}
	r.values[r.next] = v
	r.next = (r.next + 1) % r.max
}

// after gives the values numbered above n, oldest first; ok is false when some of them are gone.
func (r *ring[T]) after(n uint64) (values []T, ok bool) {
	if n >= r.last {
		return nil, n == r.last
	}
	missing := r.last - n
	ok = missing <= uint64(len(r.values))
	missing = min(missing, uint64(len(r.values)))
	values = make([]T, 0, missing)
	for i := len(r.values) - int(missing); i < len(r.values); i++ {
		values = append(values, r.values[(r.next+i)%len(r.values)])
	}
	return values, ok
}

func (r *ring[T]) all() []T {
	values, _ := r.after(0)
	return values
}
