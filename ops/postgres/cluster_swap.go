package postgres

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"vigie/ops"
)

func (c *cluster) Swap(ctx context.Context, to Copy) error {
	found, err := c.find(ctx, to.Database)
	if err != nil {
		return err
	}
	sql := exchange(to, "", swapping)
	if found != nil && !found.Mark.is(Live, to.Key) {
		sql = fmt.Sprintf(closing, ident(to.Database), literal(to.Database)) + sql
	}
	if err = c.do(ctx, outside, sql); err == nil {
		return nil
	}
	now, e := c.settled(ctx, to.Database)
	switch {
	case e != nil:
		return ops.Fail(ops.Unknown, ops.T("PostgreSQL was told to swap %s and did not answer: it may or may not have happened. Each of the two is whole.",
			"PostgreSQL a reçu l’ordre d’échanger %s et n’a pas répondu : c’est peut-être fait, peut-être pas. Chacune des deux bases est entière.", ops.Name(to.Database)), err)
	case now != nil && now.Mark.is(Live, to.Key) && now.Open:
		return nil
	}
	if now != nil && !now.Open {
		return swapError(to, err, c.reopen(ctx, to.Database))
	}
	return swapError(to, err, nil)
}

func (c *cluster) reopen(ctx context.Context, database string) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), patience)
	defer cancel()
	return c.do(ctx, outside, "ALTER DATABASE "+ident(database)+" ALLOW_CONNECTIONS true;")
}

func (c *cluster) Unswap(ctx context.Context, to Copy) (kept string, err error) {
	all, err := c.Databases(ctx)
	if err != nil {
		return "", err
	}
	aside := free(all, shortened(to.Database)+"_undone_"+to.Key)
	sql := exchange(to, aside, unswapping)
	if d := find(all, to.Database); d != nil && d.Mark.is(Live, to.Key) {
		kept = aside
		sql = fmt.Sprintf(closing, ident(to.Database), literal(to.Database)) + sql
	}
	if err = c.do(ctx, outside, sql); err == nil {
		return kept, nil
	}
	now, e := c.settled(ctx, to.Database)
	switch {
	case e != nil:
		return "", ops.Fail(ops.Unknown, ops.T("PostgreSQL was told to put %s back and did not answer: it may or may not have happened. Each of the two is whole.",
			"PostgreSQL a reçu l’ordre de remettre %s en place et n’a pas répondu : c’est peut-être fait, peut-être pas. Chacune des deux bases est entière.", ops.Name(to.Database)), err)
	case now != nil && kept != "" && now.Open && !now.Mark.is(Live, to.Key):
		return kept, nil
	case now != nil && !now.Open:
		return "", swapError(to, err, c.reopen(ctx, to.Database))
	}
	return "", swapError(to, err, nil)
}

// free is a name that no database has: name itself, or with a number behind it.
func free(all []Database, name string) string {
	taken := func(n string) bool { return slices.ContainsFunc(all, func(d Database) bool { return d.Name == n }) }
	for i, n := 2, name; ; i++ {
		if !taken(n) {
			return n
		}
		n = fmt.Sprintf("%s_%d", name, i)
	}
}

// mostName leaves room for what is put behind a database's name within the 63 bytes that PostgreSQL gives one.
const mostName = 40

func shortened(database string) string {
	if len(database) <= mostName {
		return database
	}
	return strings.ToValidUTF8(database[:mostName], "")
}

// patience is how long a server that was cut off is waited for: it recovers from its log first.
const patience = 45 * time.Second

// nap lets a second pass, or as much of it as ctx allows.
func nap(ctx context.Context) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(time.Second):
		return nil
	}
}

// settled looks at the database once no swap is under way any more.
func (c *cluster) settled(ctx context.Context, database string) (*Database, error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), patience)
	defer cancel()
	for {
		err := c.do(ctx, outside, fmt.Sprintf("SELECT pg_advisory_lock(%d);", int64(turn)))
		if err == nil {
			return c.find(ctx, database)
		}
		if e := nap(ctx); e != nil {
			return nil, err
		}
	}
}

// swapError says why the names were not exchanged; closed is why the database could not be opened again, if it could not.
func swapError(to Copy, err, closed error) error {
	name := ops.Name(to.Database)
	say := ops.T("%s keeps its name: %s", "%s garde son nom : %s", name, ops.SayOf(err))
	for words, t := range map[string]ops.Text{
		"vigie busy":  ops.T("Somebody stays connected to %s and cannot be cut off.", "Quelqu’un reste connecté à %s et ne peut être déconnecté.", name),
		"vigie copy":  ops.T("The copy %s is gone, or not whole.", "La copie %s n’est plus là, ou n’est pas entière.", ops.Name(to.Scratch)),
		"vigie name":  ops.T("There is another %s already.", "Il y a déjà une autre base %s.", ops.Name(to.Before)),
		"vigie gone":  ops.T("What %s was before is no longer kept.", "L’état précédent de %s n’est plus conservé.", name),
		"vigie again": ops.T("%s was restored or made anew again since. Undo that first.", "%s a encore été restaurée ou recréée depuis. Défais cela d’abord.", name),
	} {
		if strings.Contains(err.Error(), words) {
			say = t
		}
	}
	if closed != nil {
		say = ops.Join(" ", say, ops.T("It takes no connections now, because PostgreSQL does not answer.", "Elle n’accepte plus de connexions, car PostgreSQL ne répond pas."))
	}
	return ops.Fail(ops.Failed, say, err)
}
