package checks

import (
	"encoding/binary"
	"io"
	"net"
	"net/netip"
	"strings"
	"sync/atomic"
	"testing"

	"golang.org/x/net/dns/dnsmessage"
)

// A resolver is a real DNS server on loopback, over UDP and TCP, with the names that the test gives it.
type resolver struct {
	at    string
	asked atomic.Int32 // over UDP
	tcp   atomic.Int32
	lose  atomic.Int32 // so many questions get no answer
	names map[string][]string
}

func resolve(t *testing.T, names map[string][]string) *resolver {
	t.Helper()
	udp, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	tcp, err := net.Listen("tcp", udp.LocalAddr().String())
	if err != nil {
		t.Fatal(err)
	}
	d := &resolver{at: udp.LocalAddr().String(), names: names}
	ended := make(chan struct{}, 2)
	go func() {
		defer func() { ended <- struct{}{} }()
		for buf := make([]byte, 4096); ; {
			n, from, err := udp.ReadFrom(buf)
			if err != nil {
				return
			}
			if d.asked.Add(1); d.lose.Add(-1) >= 0 {
				continue
			}
			if reply := d.reply(buf[:n], true); reply != nil {
				_, _ = udp.WriteTo([]byte("an answer to somebody else"), from)
				_, _ = udp.WriteTo(reply, from)
			}
		}
	}()
	go func() {
		defer func() { ended <- struct{}{} }()
		for {
			conn, err := tcp.Accept()
			if err != nil {
				return
			}
			d.tcp.Add(1)
			var size [2]byte
			if _, err := io.ReadFull(conn, size[:]); err == nil {
				buf := make([]byte, binary.BigEndian.Uint16(size[:]))
				if _, err := io.ReadFull(conn, buf); err == nil {
					reply := d.reply(buf, false)
					_, _ = conn.Write(append(binary.BigEndian.AppendUint16(nil, uint16(len(reply))), reply...))
				}
			}
			conn.Close()
		}
	}()
	t.Cleanup(func() { udp.Close(); tcp.Close(); <-ended; <-ended })
	return d
}

// reply answers with the addresses of a name. Names that begin with "long" do not fit into UDP, with "fail" they fail.
func (d *resolver) reply(packet []byte, udp bool) []byte {
	var m dnsmessage.Message
	if m.Unpack(packet) != nil || len(m.Questions) != 1 {
		return nil
	}
	q := m.Questions[0]
	m.Response = true
	addrs, known := d.names[strings.TrimSuffix(q.Name.String(), ".")]
	switch name := q.Name.String(); {
	case strings.HasPrefix(name, "fail"):
		m.RCode = dnsmessage.RCodeServerFailure
	case strings.HasPrefix(name, "long") && udp:
		m.Truncated = true
	case !known:
		m.RCode = dnsmessage.RCodeNameError
	}
	for _, a := range addrs {
		ip := netip.MustParseAddr(a)
		h := dnsmessage.ResourceHeader{Name: q.Name, Class: dnsmessage.ClassINET, TTL: 60}
		if ip.Is4() && q.Type == dnsmessage.TypeA && !m.Truncated {
			m.Answers = append(m.Answers, dnsmessage.Resource{Header: h, Body: &dnsmessage.AResource{A: ip.As4()}})
		}
		if ip.Is6() && q.Type == dnsmessage.TypeAAAA && !m.Truncated {
			m.Answers = append(m.Answers, dnsmessage.Resource{Header: h, Body: &dnsmessage.AAAAResource{AAAA: ip.As16()}})
		}
	}
	reply, err := m.Pack()
	if err != nil {
		return nil
	}
	return reply
}

func TestDNS(t *testing.T) {
	d := resolve(t, map[string][]string{"mayi.example": {"100.64.0.14"}, "two.example": {"10.0.0.1", "10.0.0.2", "fd00::1"}, "long.example": {"10.0.0.9"}, "empty.example": nil})
	for _, c := range []struct {
		name    string
		check   Check
		fault   string
		code    string
		say     string
		reached bool
	}{
		{"as it should", Check{DNS: "mayi.example", Answers: []string{"100.64.0.14"}}, "", "ok", "resolves to 100.64.0.14", true},
		{"any", Check{DNS: "two.example."}, "", "ok", "resolves to 10.0.0.1 10.0.0.2 fd00::1", true},
		{"the public address", Check{DNS: "mayi.example", Answers: []string{"203.0.113.7"}}, "dns", "wrong", "it resolves to 100.64.0.14 instead of 203.0.113.7", true},
		{"one too many", Check{DNS: "two.example", Answers: []string{"10.0.0.1"}}, "dns", "wrong", "10.0.0.1 10.0.0.2 instead of 10.0.0.1", true},
		{"one too few", Check{DNS: "mayi.example", Answers: []string{"100.64.0.14", "100.64.0.15"}}, "dns", "wrong", "instead of", true},
		{"only the family that is named counts", Check{DNS: "two.example", Answers: []string{"10.0.0.2", "10.0.0.1"}}, "", "ok", "", true},
		{"the other family", Check{DNS: "two.example", Answers: []string{"fd00::1"}}, "", "ok", "", true},
		{"does not fit into UDP", Check{DNS: "long.example", Answers: []string{"10.0.0.9"}}, "", "ok", "", true},
		{"unknown", Check{DNS: "nothing.example"}, "dns", "nxdomain", "DNS knows no nothing.example", true},
		{"without an address", Check{DNS: "empty.example"}, "dns", "empty", "no address of it", true},
		{"server fails", Check{DNS: "fail.example"}, "down", "dns", "DNS cannot say", false},
		{"no server", Check{DNS: "mayi.example", Server: refused(t)}, "down", "refused", "nothing listens on port", true},
		{"no name", Check{DNS: strings.Repeat("x", 300)}, "down", "error", "it is no name", false},
	} {
		if c.check.Server == "" {
			c.check.Server = d.at
		}
		r := once(t, c.check)
		if r.Fault != c.fault || r.Code != c.code || !contains(plain(r.Say.En), c.say) || r.Reached != c.reached {
			t.Errorf("%s: fault %q, %q, reached %v: %s", c.name, r.Fault, r.Code, r.Reached, r.Say.En)
		}
	}
	if d.tcp.Load() == 0 {
		t.Error("what was cut was not asked for over TCP")
	}
}

func TestDNSAsksAgainWhenAPacketIsLost(t *testing.T) {
	d := resolve(t, map[string][]string{"a.example": {"10.0.0.1"}})
	d.lose.Store(1)
	c := Check{DNS: "a.example", Server: d.at, Answers: []string{"10.0.0.1"}, Timeout: 3 * brief}
	if r := once(t, c); r.Fault != "" || d.asked.Load() != 2 {
		t.Errorf("%s, after %d questions", r.Say.En, d.asked.Load())
	}
	d.lose.Store(100)
	if r := once(t, c); r.Fault != "down" || r.Code != "dns timeout" || r.Reached {
		t.Errorf("a silent server: %q %q %s", r.Fault, r.Code, r.Say.En)
	}
}

func TestDNSAsThisMachineDoes(t *testing.T) {
	if r := once(t, Check{DNS: "localhost", Answers: []string{"127.0.0.1"}}); r.Fault != "" {
		t.Errorf("localhost: %s", r.Say.En)
	}
}

func FuzzRead(f *testing.F) {
	name := dnsmessage.MustNewName("a.example.")
	q := dnsmessage.Question{Name: name, Type: dnsmessage.TypeA, Class: dnsmessage.ClassINET}
	m := dnsmessage.Message{Header: dnsmessage.Header{ID: 7, Response: true}, Questions: []dnsmessage.Question{q},
		Answers: []dnsmessage.Resource{{Header: dnsmessage.ResourceHeader{Name: name, Class: dnsmessage.ClassINET}, Body: &dnsmessage.AResource{A: [4]byte{10, 0, 0, 1}}}}}
	packet, err := m.Pack()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(packet)
	f.Add(packet[:20])
	f.Fuzz(func(t *testing.T, reply []byte) {
		list, cut, err := read(reply, 7, q)
		if (cut || err != nil) && len(list) > 0 {
			t.Errorf("%v is told of an answer that is cut (%v) or wrong (%v)", list, cut, err)
		}
		if len(reply) > 2 && (reply[0] != 0 || reply[1] != 7) && err == nil {
			t.Error("an answer to another question is taken")
		}
	})
}
