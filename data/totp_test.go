package data_test

import (
	"errors"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pquerna/otp"
	"github.com/pquerna/otp/totp"

	"vigie/data"
	"vigie/data/datatest"
	"vigie/ops"
)

// secret is that of RFC 6238, appendix B: the ASCII digits 12345678901234567890.
const secret = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"

func codes(t *testing.T, s ops.Store) *data.Codes {
	t.Helper()
	c, err := data.NewCodes(s, map[int64]string{7: strings.ToLower(secret[:16]) + " " + secret[16:], 8: secret})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestCodesOfTheRFC(t *testing.T) {
	c := codes(t, datatest.Open(t, datatest.SQLite(t)))
	for _, v := range []struct {
		unix int64
		code string // the last six of the RFC's eight digits
	}{{59, "287082"}, {1111111109, "081804"}, {1111111111, "050471"}, {1234567890, "005924"}, {2000000000, "279037"}, {20000000000, "353130"}} {
		if ok, err := c.Check(7, v.code, time.Unix(v.unix, 0)); !ok || err != nil {
			t.Errorf("%d: %v %v", v.unix, ok, err)
		}
	}
}

func codeFor(t *testing.T, at time.Time) string {
	t.Helper()
	code, err := totp.GenerateCodeCustom(secret, at, totp.ValidateOpts{Period: 30, Digits: otp.DigitsSix, Algorithm: otp.AlgorithmSHA1})
	if err != nil {
		t.Fatal(err)
	}
	return code
}

func TestCodesAreGoodOnceAndOneStepEitherWay(t *testing.T) {
	o := datatest.SQLite(t)
	s := datatest.Open(t, o)
	c := codes(t, s)
	now := time.Date(2026, 11, 23, 12, 0, 10, 0, time.UTC)
	check := func(what string, c *data.Codes, id int64, code string, want bool) {
		t.Helper()
		if ok, err := c.Check(id, code, now); ok != want || err != nil {
			t.Errorf("%s: %v %v, want %v", what, ok, err, want)
		}
	}
	check("two steps late", c, 7, codeFor(t, now.Add(-time.Minute)), false)
	check("two steps early", c, 7, codeFor(t, now.Add(time.Minute)), false)
	check("one step late", c, 7, codeFor(t, now.Add(-30*time.Second)), true)
	check("again", c, 7, codeFor(t, now.Add(-30*time.Second)), false)
	check("now, typed with a gap", c, 7, codeFor(t, now)[:3]+" "+codeFor(t, now)[3:], true)
	check("another person with the same secret", c, 8, codeFor(t, now), true)
	check("one step early", c, 7, codeFor(t, now.Add(30*time.Second)), true)
	check("older than the last one", c, 7, codeFor(t, now), false)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	c = codes(t, datatest.Open(t, o))
	check("again, after a restart", c, 7, codeFor(t, now.Add(30*time.Second)), false)
	check("empty", c, 8, "", false)
	check("long", c, 8, codeFor(t, now)+"0", false)
	if ok, err := c.Check(9, codeFor(t, now), now); ok || ops.KindOf(err) != ops.Invalid {
		t.Errorf("no secret: %v %v", ok, err)
	}
}

func TestCodesUsedTwiceAtOnce(t *testing.T) {
	c := codes(t, datatest.Open(t, datatest.SQLite(t)))
	now := time.Now()
	var good atomic.Int64
	var all sync.WaitGroup
	for range 4 { // fewer than lock the person out
		all.Go(func() {
			ok, err := c.Check(7, codeFor(t, now), now)
			if err != nil {
				t.Error(err)
			}
			if ok {
				good.Add(1)
			}
		})
	}
	all.Wait()
	if good.Load() != 1 {
		t.Errorf("good %d times", good.Load())
	}
}

func TestCodesCannotBeGuessed(t *testing.T) {
	c := codes(t, datatest.Open(t, datatest.SQLite(t)))
	now := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	for range 5 {
		if ok, err := c.Check(7, "nodice", now); ok || err != nil {
			t.Fatal(ok, err)
		}
	}
	var e *ops.Error
	ok, err := c.Check(7, codeFor(t, now), now.Add(time.Second))
	if ok || !errors.As(err, &e) || e.Kind != ops.Denied || !strings.Contains(e.Say.En, "5 wrong codes") || !strings.Contains(e.Say.Fr, "5 codes faux") {
		t.Errorf("the sixth try: %v %v", ok, err)
	}
	later := now.Add(16 * time.Minute)
	if ok, err := c.Check(7, "nodice", later); ok || err != nil {
		t.Errorf("wrong after the pause: %v %v", ok, err)
	}
	if ok, err := c.Check(7, codeFor(t, later), later); !ok || err != nil {
		t.Errorf("right after the pause: %v %v", ok, err)
	}
}

func TestCodeSecretsAreChecked(t *testing.T) {
	for _, bad := range []string{"", "not base32!", "GEZDGNBV"} {
		if _, err := data.NewCodes(nil, map[int64]string{7: bad}); err == nil || (bad != "" && strings.Contains(err.Error(), bad)) {
			t.Errorf("%q: %v", bad, err)
		}
	}
}
