package main

import (
	"fmt"
	"time"

	"vigie/ops/grafana"
	"vigie/ops/loki"
)

// lookAtLoki asks Loki, directly or through Grafana, where there is one.
func (b *bot) lookAtLoki(l *lookouts) error {
	c := b.cfg.Loki
	if c.URL == "" && c.Datasource == "" {
		return nil
	}
	o := loki.Options{URL: b.cfg.LokiURL(), Tenant: c.Tenant, User: c.User, Password: given(c.Password), Label: c.Label, Prefix: c.Prefix, Zone: b.cfg.Stack.Location}
	if c.Datasource != "" {
		o.Proxied, o.User, o.Password = true, b.cfg.Grafana.User, given(b.cfg.Grafana.Password)
	}
	if o.Prefix == "" && b.stack.Project != "" {
		o.Prefix = b.stack.Project + "_"
	}
	system, err := loki.New(o)
	if err != nil {
		return fmt.Errorf("asking Loki: %w", err)
	}
	l.bound = append(l.bound, loki.Bind(system))
	return nil
}

// lookAtGrafana looks after Grafana, where there is one.
func (b *bot) lookAtGrafana(l *lookouts) error {
	c := b.cfg.Grafana
	if c.URL == "" {
		return nil
	}
	system, err := grafana.New(grafana.Options{URL: c.URL, User: c.User, Password: given(c.Password), Service: c.Service, Datasources: c.Datasources,
		Rules: c.Rules, Every: time.Duration(c.Every)})
	if err != nil {
		return fmt.Errorf("looking after Grafana: %w", err)
	}
	l.add(grafana.Bind(system), system.Watcher())
	for _, uid := range c.Datasources {
		l.subject("datasource", uid)
	}
	return nil
}
