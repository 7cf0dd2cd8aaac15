package checks

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"syscall"
	"testing"
	"time"

	"vigie/ops"
)

func plain(s string) string { return ops.Unmark(s) }

// TestWhatErrorsMean is for the errors that this machine cannot be made to have.
func TestWhatErrorsMean(t *testing.T) {
	u, err := url.Parse("https://ann:pa55word@n8n.example/?t0ps3cret")
	if err != nil {
		t.Fatal(err)
	}
	p := &probe{Check: Check{URL: u.String(), Timeout: 10 * time.Second}, url: u, host: "n8n.example", port: "443"}
	soon := &Cert{From: time.Now().Add(-day), To: time.Now().Add(day)}
	for _, c := range []struct {
		err     error
		at      phase
		code    string
		reached bool
		say     string
	}{
		{&net.DNSError{Err: "no such host", Name: "n8n.example", IsNotFound: true}, lookingUp, "nxdomain", true, "DNS knows no n8n.example"},
		{&net.DNSError{Err: "server misbehaving", Name: "n8n.example"}, lookingUp, "dns", false, "DNS cannot say where n8n.example is"},
		{&net.DNSError{Err: "i/o timeout", Name: "n8n.example", IsTimeout: true}, lookingUp, "dns timeout", false, "DNS says nothing of it within 10 s"},
		{context.DeadlineExceeded, lookingUp, "dns timeout", false, "DNS says nothing"},
		{context.DeadlineExceeded, connecting, "timeout", false, "nobody takes the connection"},
		{&net.OpError{Op: "dial", Err: os.NewSyscallError("connect", syscall.EHOSTUNREACH)}, connecting, "no route", false, "there is no way to n8n.example"},
		{&net.OpError{Op: "dial", Err: os.NewSyscallError("connect", syscall.ENETUNREACH)}, connecting, "no route", false, "the network or the VPN is down"},
		{&net.OpError{Op: "read", Err: os.NewSyscallError("read", syscall.ECONNRESET)}, waiting, "closed", true, "closes the connection"},
		{x509.CertificateInvalidError{Reason: x509.Expired}, greeting, "chain", true, "above its own"},
		{x509.CertificateInvalidError{Reason: x509.IncompatibleUsage}, greeting, "certificate", true, "certificate for"},
		{errors.New("something else"), waiting, "error", true, "it fails: something else"},
		{fmt.Errorf("parse %q: bad", u), waiting, "error", true, "it fails: ?"},
	} {
		m := p.meaning(&url.Error{Op: "Get", URL: u.String(), Err: c.err}, c.at, soon)
		if m.code != c.code || m.reached != c.reached || !contains(plain(m.say.En), c.say) || m.say.Fr == "" {
			t.Errorf("%v: %q, reached %v: %s", c.err, m.code, m.reached, plain(m.say.En))
		}
		noSecrets(t, m)
	}
}

func TestRecord(t *testing.T) {
	at := time.Unix(1_700_000_000, 0)
	var r record
	if _, over := r.uptime(at); over != 0 {
		t.Error("nothing was seen yet")
	}
	for i := range 24 * 60 { // a day of minutes, of which every hour's first fails
		fault := ""
		if i%60 == 0 {
			fault = "down"
		}
		r.add(Result{At: at.Add(time.Duration(i) * time.Minute), Fault: fault})
	}
	if up, over := r.uptime(at.Add(24 * time.Hour)); up < 98.2 || up > 98.5 || over != 24*time.Hour {
		t.Errorf("%s %% of %v", share(up), over)
	}
	if up, _ := r.uptime(at.Add(30 * time.Hour)); up < 98 || up > 99 {
		t.Errorf("6 h later %v %%", up)
	}
	if up, over := r.uptime(at.Add(49 * time.Hour)); up != 0 || over != 0 {
		t.Errorf("when all of it is old: %v %% of %v", up, over)
	}
	if len(r.recent) != keptResults {
		t.Errorf("%d results are kept", len(r.recent))
	}
}

func TestShare(t *testing.T) {
	for in, want := range map[float64]string{100: "100", 99.999: "99.99", 99.9: "99.9", 50: "50", 0: "0", 33.333: "33.33"} {
		if got := share(in); got != want {
			t.Errorf("%v is %s, not %s", in, got, want)
		}
	}
}
