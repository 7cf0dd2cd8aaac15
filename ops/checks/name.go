package checks

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/netip"
	"slices"
	"strings"
	"time"

	"golang.org/x/net/dns/dnsmessage"

	"vigie/ops"
)

// name asks what a name resolves to. A server that is given is asked directly: what this machine has in /etc/hosts, or
// in a cache, says nothing of it.
func (p *probe) name(ctx context.Context, c *clock) Result {
	c.begin(lookingUp)
	found, err := p.lookup(ctx)
	c.end(lookupTime)
	if err != nil {
		r := p.failed(err, c)
		if r.Code == "nxdomain" {
			r.Fault = "dns"
		}
		return r
	}
	slices.SortFunc(found, netip.Addr.Compare)
	found = slices.Compact(found)
	r := Result{Reached: true, Code: "ok"}
	for _, a := range found {
		r.Answers = append(r.Answers, a.String())
	}
	is := strings.Join(r.Answers[:min(len(r.Answers), 4)], " ")
	switch {
	case len(found) == 0:
		r.Fault, r.Code, r.Say = "dns", "empty", ops.T("DNS knows %s, and no address of it", "le DNS connaît %s, mais sans adresse", ops.Name(clip(p.DNS, 80)))
	case !p.wanted(found):
		r.Fault, r.Code, r.Say = "dns", "wrong", ops.T("it resolves to %s instead of %s", "il donne %s au lieu de %s", is, strings.Join(p.Answers, " "))
	default:
		r.Say = ops.T("resolves to %s", "donne %s", is)
	}
	return r
}

// wanted reports whether the addresses are all those that should be. A family that is not among those is left out.
func (p *probe) wanted(found []netip.Addr) bool {
	if len(p.answers) == 0 {
		return true
	}
	v4 := slices.ContainsFunc(p.answers, netip.Addr.Is4)
	v6 := slices.ContainsFunc(p.answers, netip.Addr.Is6)
	var counted []netip.Addr
	for _, a := range found {
		if a.Is4() && v4 || a.Is6() && v6 {
			counted = append(counted, a)
		}
	}
	for _, want := range p.answers {
		if !slices.Contains(counted, want) {
			return false
		}
	}
	return !slices.ContainsFunc(counted, func(a netip.Addr) bool { return !slices.Contains(p.answers, a) })
}

func (p *probe) lookup(ctx context.Context) ([]netip.Addr, error) {
	name := strings.TrimSuffix(p.DNS, ".")
	if p.server == "" {
		if strings.Contains(name, ".") {
			name += "." // else what this machine appends to names may find another
		}
		list, err := net.DefaultResolver.LookupNetIP(ctx, "ip", name)
		for i, a := range list {
			list[i] = a.Unmap()
		}
		return list, err
	}
	var all []netip.Addr
	for _, kind := range []dnsmessage.Type{dnsmessage.TypeA, dnsmessage.TypeAAAA} {
		if kind == dnsmessage.TypeAAAA && len(p.answers) > 0 && !slices.ContainsFunc(p.answers, netip.Addr.Is6) {
			continue
		}
		list, err := p.query(ctx, name+".", kind)
		if err != nil {
			return nil, err
		}
		all = append(all, list...)
	}
	return all, nil
}

// query asks the server one question, twice if the first is lost, and over TCP if the answer is long.
func (p *probe) query(ctx context.Context, name string, kind dnsmessage.Type) ([]netip.Addr, error) {
	n, err := dnsmessage.NewName(name)
	if err != nil {
		return nil, errors.New("it is no name")
	}
	id := uint16(rand.Uint32())
	question := dnsmessage.Question{Name: n, Type: kind, Class: dnsmessage.ClassINET}
	m := dnsmessage.Message{Header: dnsmessage.Header{ID: id, RecursionDesired: true}, Questions: []dnsmessage.Question{question}}
	packet, err := m.Pack()
	if err != nil {
		return nil, errors.New("it is no name")
	}
	reply, err := p.exchange(ctx, "udp", packet)
	if err != nil {
		return nil, err
	}
	list, cut, err := read(reply, id, question)
	if cut && err == nil {
		if reply, err = p.exchange(ctx, "tcp", packet); err == nil {
			list, _, err = read(reply, id, question)
		}
	}
	return list, err
}

// exchange sends a question and waits for what answers it.
func (p *probe) exchange(ctx context.Context, network string, packet []byte) ([]byte, error) {
	conn, err := p.open(ctx, network, p.server)
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	deadline, _ := ctx.Deadline() // run sets one
	if network == "tcp" {
		return overTCP(conn, packet, deadline)
	}
	reply := make([]byte, 64<<10)
	for _, limit := range []time.Time{time.Now().Add(time.Until(deadline) / 3), deadline} {
		if err := conn.SetDeadline(limit); err != nil {
			return nil, fmt.Errorf("asking the server: %w", err)
		}
		if _, err := conn.Write(packet); err != nil {
			return nil, fmt.Errorf("asking the server: %w", err)
		}
		n, err := conn.Read(reply)
		for err == nil && (n < 2 || reply[0] != packet[0] || reply[1] != packet[1]) { // an answer to somebody else
			n, err = conn.Read(reply)
		}
		var late net.Error
		if err == nil || !errors.As(err, &late) || !late.Timeout() {
			return reply[:n], err
		}
	}
	return nil, context.DeadlineExceeded
}

func overTCP(conn net.Conn, packet []byte, deadline time.Time) ([]byte, error) {
	if err := conn.SetDeadline(deadline); err != nil {
		return nil, fmt.Errorf("asking the server: %w", err)
	}
	if _, err := conn.Write(append(binary.BigEndian.AppendUint16(nil, uint16(len(packet))), packet...)); err != nil {
		return nil, fmt.Errorf("asking the server: %w", err)
	}
	var size [2]byte
	if _, err := io.ReadFull(conn, size[:]); err != nil {
		return nil, fmt.Errorf("reading the server's answer: %w", err)
	}
	reply := make([]byte, binary.BigEndian.Uint16(size[:]))
	_, err := io.ReadFull(conn, reply)
	return reply, err
}

// read takes the addresses out of a reply; cut means that it did not fit. What the server refuses is a [net.DNSError], as the
// machine's own resolver tells it.
func read(reply []byte, id uint16, question dnsmessage.Question) (list []netip.Addr, cut bool, err error) {
	var m dnsmessage.Message
	if err := m.Unpack(reply); err != nil || !m.Response || m.ID != id || len(m.Questions) != 1 ||
		m.Questions[0].Type != question.Type || !strings.EqualFold(m.Questions[0].Name.String(), question.Name.String()) {
		return nil, false, errors.New("the server's answer makes no sense")
	}
	name := strings.TrimSuffix(question.Name.String(), ".")
	switch {
	case m.Truncated:
		return nil, true, nil
	case m.RCode == dnsmessage.RCodeNameError:
		return nil, false, &net.DNSError{Err: "no such host", Name: name, IsNotFound: true}
	case m.RCode != dnsmessage.RCodeSuccess:
		return nil, false, &net.DNSError{Err: m.RCode.String(), Name: name}
	}
	for _, a := range m.Answers {
		switch body := a.Body.(type) {
		case *dnsmessage.AResource:
			list = append(list, netip.AddrFrom4(body.A))
		case *dnsmessage.AAAAResource:
			list = append(list, netip.AddrFrom16(body.AAAA).Unmap())
		}
	}
	return list, false, nil
}
