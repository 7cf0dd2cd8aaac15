package hooks

import (
	"errors"
	"strings"
	"time"

	"vigie/ops"
)

// diun is what Diun sends for each image that it found changed.
type diun struct {
	Status   string `json:"status"` // "new": seen for the first time; "update": its tag names something else now
	Provider string `json:"provider"`
	Hostname string `json:"hostname"`
	Image    string `json:"image"` // "docker.io/library/nginx:1.29"
	Link     string `json:"hub_link"`
	Digest   string `json:"digest"`
	Created  string `json:"created"`
	Platform string `json:"platform"`
	Metadata struct {
		Containers string `json:"ctn_names"` // with commas
		Service    string `json:"svc_name"`  // Docker Swarm
	} `json:"metadata"`
}

// fadesImage is how long a newer image is news. Diun tells each once.
const fadesImage = 7 * 24 * time.Hour

func readDiun(r request) ([]event, error) {
	var m diun
	if err := r.decode(&m); err != nil {
		return nil, err
	}
	image := oneLine(m.Image, mostKey)
	switch {
	case image == "":
		return nil, errors.New(`"image" is missing`)
	case m.Status != "new" && m.Status != "update":
		return nil, nil // it looked and nothing is different
	}
	e := event{facts: map[string]string{"image": m.Image, "status": m.Status, "provider": m.Provider}, usual: ops.Notice}
	e.Subject, e.Kind, e.Fades = "image:"+key(m.Image), "image-"+m.Status, fadesImage
	e.Title = ops.T("a newer image is there: %s", "une image plus récente est disponible : %s", ops.Name(image))
	if m.Status == "new" {
		e.Title = ops.T("a new image is there: %s", "une nouvelle image est disponible : %s", ops.Name(image))
	}
	var users []string
	for name := range strings.SplitSeq(m.Metadata.Containers+","+m.Metadata.Service, ",") {
		name = strings.TrimPrefix(strings.TrimSpace(name), "/")
		if name == "" {
			continue
		}
		shown := name
		if service, ok := r.service(name); ok {
			shown = service
			if len(e.Offers) < 3 {
				e.Offers = append(e.Offers, ops.AskFor(ops.T("Update %s…", "Mettre à jour %s…", oneLine(service, 30)), "docker.update", "service", service))
			}
		}
		users = append(users, ops.Name(oneLine(shown, 40)).String())
	}
	if len(users) > 0 {
		e.Lines = append(e.Lines, ops.T("used by %s", "utilisée par %s", strings.Join(users[:min(len(users), 5)], ", ")))
	}
	if t := moment(m.Created); !t.IsZero() {
		e.Lines = append(e.Lines, ops.T("made on %s", "construite le %s", t.Format(time.DateOnly)))
	}
	if s := oneLine(strings.TrimPrefix(m.Digest, "sha256:"), 13); s != "" {
		e.Lines = append(e.Lines, ops.Join(" · ", ops.T("digest %s", "empreinte %s", s), ops.Raw(oneLine(m.Platform, 30))))
	}
	if s := link(m.Link); s != "" {
		e.Lines = append(e.Lines, ops.Raw(s))
	}
	return []event{e}, nil
}
