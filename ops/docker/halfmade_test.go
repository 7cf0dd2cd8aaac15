package docker

import "testing"

func TestHalfMade(t *testing.T) {
	half := Container{ID: "2", Name: "0123456789ab_javisi_n8n", Service: "n8n", Project: "javisi", State: "created", Replaces: "javisi_n8n"}
	whole := Container{ID: "1", Name: "javisi_n8n", Service: "n8n", Project: "javisi", State: "exited"}
	change := func(c Container, do func(*Container)) Container { do(&c); return c }
	for name, c := range map[string]struct {
		c    Container
		all  []Container
		want bool
	}{
		"left behind":                   {half, []Container{whole, half}, true},
		"all that the service has":      {half, []Container{half}, false},
		"the one it replaces":           {whole, []Container{whole, half}, false},
		"it runs":                       {change(half, func(c *Container) { c.State = "running" }), []Container{whole, half}, false},
		"it ran":                        {change(half, func(c *Container) { c.State = "exited" }), []Container{whole, half}, false},
		"not made to replace":           {change(half, func(c *Container) { c.Replaces = "" }), []Container{whole, half}, false},
		"somebody calls a service so":   {change(half, func(c *Container) { c.Name = "backup_javisi_n8n" }), []Container{whole, half}, false},
		"the name is another project's": {half, []Container{change(whole, func(c *Container) { c.Project = "other" }), half}, false},
		"the name is another service's": {half, []Container{change(whole, func(c *Container) { c.Service = "n8n-init" }), half}, false},
	} {
		if got := halfMade(c.c, c.all); got != c.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}
