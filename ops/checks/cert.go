package checks

import (
	"cmp"
	"crypto/x509"
	"strings"
	"time"

	"vigie/ops"
)

// A Cert is what is known of the certificate that an endpoint showed.
type Cert struct {
	Names    []string // what it is good for
	Issuer   string
	From, To time.Time
}

func certOf(chain []*x509.Certificate) *Cert {
	if len(chain) == 0 {
		return nil
	}
	leaf := chain[0]
	c := &Cert{From: leaf.NotBefore, To: leaf.NotAfter}
	for _, name := range leaf.DNSNames {
		c.Names = append(c.Names, clip(ops.Clean(name), 80))
	}
	for _, ip := range leaf.IPAddresses {
		c.Names = append(c.Names, ip.String())
	}
	i := leaf.Issuer
	c.Issuer = clip(ops.Clean(strings.Join(append(i.Organization, i.CommonName), " ")), 80)
	return c
}

const day = 24 * time.Hour

// usual is how long a certificate of the public authorities lives. One that lives less is renewed, by what renews at a third
// of the life as Caddy does, later than 21 days before its end.
const usual = 90 * day

// ends is how grave it is that the certificate ends, and "" if it is not soon. days are the check's.
func (c *Cert) ends(now time.Time, days []int) ops.Severity {
	warn, critical := 21*day, 7*day
	if life := c.To.Sub(c.From); len(days) == 0 && life < usual {
		warn, critical = time.Duration(float64(life)*float64(warn)/float64(usual)), time.Duration(float64(life)*float64(critical)/float64(usual))
	}
	if len(days) > 0 {
		warn, critical = time.Duration(days[0])*day, 0
	}
	if len(days) > 1 {
		critical = time.Duration(days[1]) * day
	}
	switch left := c.To.Sub(now); {
	case left <= critical, left <= 0:
		return ops.Critical
	case left <= warn:
		return ops.Warning
	}
	return ""
}

// says tells when it ends.
func (c *Cert) says(now time.Time) ops.Text {
	left := c.To.Sub(now)
	if left <= 0 {
		return ops.T("certificate expired %s ago", "certificat expiré depuis %s", ops.Span(left.Abs().Truncate(time.Minute)))
	}
	unit := time.Hour
	if left < time.Hour {
		unit = time.Minute
	}
	return ops.T("certificate ends in %s", "certificat valable encore %s", ops.Span(left.Truncate(unit)))
}

// whose tells what it is for, and who signed it.
func (c *Cert) whose() ops.Text {
	names := c.Names
	if len(names) > 3 {
		names = append(names[:3:3], "…")
	}
	return ops.T("certificate for %s, from %s", "certificat pour %s, de %s", cmp.Or(strings.Join(names, ", "), "–"), cmp.Or(c.Issuer, "–"))
}
