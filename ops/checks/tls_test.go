package checks

import (
	"crypto/tls"
	"errors"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"vigie/ops"
)

func TestWhatCertificatesMean(t *testing.T) {
	ca, stranger := newAuthority(t), newAuthority(t)
	with := func(cert tls.Certificate) string { return serve(t, answer(200, ""), cert) }
	unwilling := listen(t, func(c net.Conn) {
		_ = tls.Server(c, &tls.Config{GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) {
			return nil, errors.New("ACME failed")
		}}).Handshake()
	})
	mute := listen(t, func(c net.Conn) { _, _ = io.ReadAll(c) })
	expired := with(ca.signs("127.0.0.1", -90*day, -3*time.Hour))
	for _, c := range []struct {
		name  string
		at    string
		check Check
		fault string
		code  string
		say   string
		ends  ops.Severity
	}{
		{"good", with(ca.signs("127.0.0.1", -30*day, 60*day)), Check{}, "", "", "", ""},
		{"ends soon", with(ca.signs("127.0.0.1", -76*day, 14*day)), Check{}, "", "", "", ops.Warning},
		{"ends very soon", with(ca.signs("127.0.0.1", -84*day, 6*day)), Check{}, "", "", "", ops.Critical},
		{"lives for six days, and two are left", with(ca.signs("127.0.0.1", -4*day, 2*day)), Check{}, "", "", "", ""},
		{"lives for six days, and one is left", with(ca.signs("127.0.0.1", -5*day, day)), Check{}, "", "", "", ops.Warning},
		{"own days", with(ca.signs("127.0.0.1", -60*day, 30*day)), Check{Days: []int{40}}, "", "", "", ops.Warning},
		{"expired", expired, Check{}, "tls", "expired", "certificate expired 3 h ago", ops.Critical},
		{"expired, and any will do", expired, Check{Insecure: true}, "", "", "", ops.Critical},
		{"not yet good", with(ca.signs("127.0.0.1", time.Hour, 90*day)), Check{}, "down", "not yet", "one of the clocks is wrong", ""},
		{"another name", with(ca.signs("grafana.example", -day, 89*day)), Check{}, "down", "name", "wrong name: certificate for grafana.example, from Test CA", ""},
		{"another name, and any will do", with(ca.signs("grafana.example", -day, 89*day)), Check{Insecure: true}, "", "", "", ""},
		{"a stranger's", with(stranger.signs("127.0.0.1", -day, 89*day)), Check{}, "down", "authority", "signed by nobody who is trusted here", ""},
		{"none yet", unwilling, Check{}, "down", "tls", "it has no certificate for this name yet", ""},
		{"no TLS", serve(t, answer(200, "")), Check{}, "down", "no tls", "does not speak TLS on port", ""},
		{"mute", mute, Check{Timeout: brief}, "down", "timeout", "does not finish TLS within 600 ms", ""},
	} {
		c.check.CA = ca.pem
		for _, sort := range []string{"url", "tls"} {
			check := c.check
			if check.TLS = c.at; sort == "url" {
				check.URL, check.TLS = "https://"+c.at, ""
			}
			r := once(t, check)
			code := c.code
			if code == "" {
				code = map[string]string{"url": "200", "tls": "tls"}[sort]
			}
			if r.Fault != c.fault || r.Code != code || !contains(ops.Unmark(r.Say.En), c.say) || !r.Reached {
				t.Errorf("%s, %s: fault %q, %q: %s", c.name, sort, r.Fault, r.Code, r.Say.En)
			}
			if c.ends != "" && (r.Cert == nil || r.Cert.ends(time.Now(), check.Days) != c.ends) {
				t.Errorf("%s, %s: its certificate is %+v", c.name, sort, r.Cert)
			}
			if c.ends == "" && c.fault == "" && r.Cert.ends(time.Now(), check.Days) != "" {
				t.Errorf("%s, %s: it ends too soon: %+v", c.name, sort, r.Cert)
			}
		}
	}
}

func TestTheCertificateIsOfWhatIsCheckedNotOfWhereItLeads(t *testing.T) {
	ca := newAuthority(t)
	far := serve(t, answer(200, ""), ca.signs("localhost", -day, 5*day))
	_, port, _ := net.SplitHostPort(far)
	hop := newHop(t, ca, "https://localhost:"+port)
	r := once(t, Check{URL: "https://" + hop, CA: ca.pem})
	if r.Fault != "" || r.Final != "localhost:"+port || len(r.Cert.Names) != 1 || r.Cert.Names[0] != "127.0.0.1" {
		t.Errorf("%s: %+v at %s", r.Say.En, r.Cert, r.Final)
	}
}

func TestResolve(t *testing.T) {
	ca := newAuthority(t)
	at := serve(t, answer(200, ""), ca.signs("n8n.example", -day, 89*day))
	_, port, _ := net.SplitHostPort(at)
	for _, c := range []Check{
		{URL: "https://n8n.example:" + port + "/healthz"}, {TLS: "n8n.example:" + port}, {TCP: "n8n.example:" + port},
	} {
		for _, c.Resolve = range []string{"127.0.0.1", "n8n.example:" + port + ":127.0.0.1"} {
			c.CA = ca.pem
			if r := once(t, c); r.Fault != "" || r.Addr != at {
				t.Errorf("%v: %s at %s", c.URL+c.TLS+c.TCP, r.Say.En, r.Addr)
			}
		}
	}
}

func TestTCP(t *testing.T) {
	if r := once(t, Check{TCP: listen(t, func(net.Conn) {})}); r.Fault != "" || r.Code != "open" || r.Times.Connect <= 0 {
		t.Errorf("an open port: %+v", r)
	}
	if r := once(t, Check{TCP: refused(t)}); r.Fault != "down" || r.Code != "refused" || !r.Reached {
		t.Errorf("a closed port: %+v", r)
	}
	if r := once(t, Check{TCP: deaf(t), Timeout: brief}); r.Fault != "down" || r.Code != "timeout" || r.Reached {
		t.Errorf("a deaf port: %+v", r)
	}
}

func TestOptionsThatMakeNoSense(t *testing.T) {
	for _, c := range []struct {
		check Check
		want  string
	}{
		{Check{Name: "a b", TCP: "h:1"}, "a name is needed"},
		{Check{Name: "a"}, "give one of url, tcp, tls and dns, not 0"},
		{Check{Name: "a", TCP: "h:1", DNS: "h"}, "not 2"},
		{Check{Name: "a", URL: "https://ann:pa55word@/x"}, "is no address such as"},
		{Check{Name: "a", URL: "ftp://h/x"}, "is no address such as"},
		{Check{Name: "a", URL: "http://%zz/?t0ps3cret"}, "is no address such as"},
		{Check{Name: "a", TCP: "h"}, "is no host:port"},
		{Check{Name: "a", TCP: "h:1", Every: time.Second}, "too often"},
		{Check{Name: "a", TCP: "h:1", MaxTime: time.Hour}, "no shorter than"},
		{Check{Name: "a", TCP: "h:1", Fails: -1}, "at least 1"},
		{Check{Name: "a", TCP: "h:1", Expect: []int{200}}, "are for a url"},
		{Check{Name: "a", TCP: "h:1", Answers: []string{"1.2.3.4"}}, "are for dns"},
		{Check{Name: "a", TCP: "h:1", Days: []int{7, 21}}, "days before"},
		{Check{Name: "a", TCP: "h:1", Severity: "bad"}, "a severity is"},
		{Check{Name: "a", URL: "http://h", Method: "POST"}, "only looks"},
		{Check{Name: "a", URL: "http://h", Method: "HEAD", Body: "x"}, "no body"},
		{Check{Name: "a", URL: "http://h", BodyMatches: "("}, "body_matches"},
		{Check{Name: "a", URL: "http://h", Expect: []int{20}}, "20 is no HTTP status"},
		{Check{Name: "a", URL: "http://h", CA: []byte("x")}, "no certificate in PEM"},
		{Check{Name: "a", URL: "http://h", Resolve: "h:443:127.0.0.1"}, "resolve is an IP address, or h:80:address"},
		{Check{Name: "a", DNS: "h", Resolve: "127.0.0.1"}, "resolve is for a url"},
		{Check{Name: "a", DNS: "h", Answers: []string{"x"}}, "is no IP address"},
	} {
		_, err := New(Options{Checks: []Check{c.check}})
		if err == nil || !contains(err.Error(), c.want) {
			t.Errorf("%+v: %v, not %q", c.check.URL+c.check.TCP, err, c.want)
			continue
		}
		noSecrets(t, err.Error())
	}
	_, err := New(Options{Checks: []Check{{Name: "a", TCP: "h:1"}, {Name: "a", TCP: "h"}}})
	if err == nil || strings.Count(err.Error(), "\n") != 1 || !contains(err.Error(), "taken by another") {
		t.Errorf("not all mistakes are told: %v", err)
	}
}
