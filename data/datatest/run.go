package datatest

import (
	"testing"
)

// Run is the conformance suite: what [data.Store] promises, one test a promise.
func Run(t *testing.T, place Place) {
	for _, c := range []struct {
		promise string
		test    func(*testing.T, Place)
	}{
		{"entries are chained and come back as they were written", appends},
		{"the journal can be asked", queries},
		{"many callers make one unbroken chain", crowd},
		{"a document is saved once a version", saves},
		{"of fifty savers one wins each version", race},
		{"a body is kept byte for byte", bodies},
		{"one caller's trouble is nobody else's", neighbours},
		{"documents are listed by an index", indexed},
		{"settings: the last one wins", settings},
		{"an update is given out until it is handled", updates},
		{"old updates are forgotten", forgets},
		{"figures", stats},
		{"one vigie a database", alone},
		{"a database can be read while it is used", readOnly},
		{"a newer database is refused", newer},
		{"what was tampered with is found", tampered},
		{"a mark remembered elsewhere finds a remade chain", remade},
		{"a closed store says so and leaves nothing running", closed},
	} {
		t.Run(c.promise, func(t *testing.T) { c.test(t, place) })
	}
}
