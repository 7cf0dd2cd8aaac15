package backup

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"vigie/ops"
)

// A Secret is shown to nobody: only the one place that needs it reveals it.
type Secret interface{ Reveal() string }

// GrafanaOptions say how Grafana is reached.
type GrafanaOptions struct {
	URL string // "http://grafana:3000", without a user in it
	// User and Password log in; without a User, Password is a service account's token.
	User     string
	Password Secret
	Client   *http.Client // nil: the default one
}

const (
	mostDashboards = 5000     // the largest page that Grafana gives
	mostDashboard  = 32 << 20 // bytes of one
)

// Grafana saves all dashboards, as one JSON list of what /api/dashboards/uid/… answers for each.
func Grafana(o GrafanaOptions) Source {
	if o.Client == nil {
		o.Client = http.DefaultClient
	}
	return Source{Name: "grafana", Verify: verifyGrafana, Save: o.save}
}

func (o GrafanaOptions) save(ctx context.Context, dir string, progress func(ops.Text)) (File, error) {
	var list []struct {
		UID string `json:"uid"`
	}
	body, err := o.get(ctx, fmt.Sprintf("/api/search?type=dash-db&limit=%d", mostDashboards))
	if err == nil {
		err = json.Unmarshal(body, &list)
	}
	if err != nil {
		return File{}, err
	}
	if len(list) == 0 {
		return File{}, ops.Fail(ops.Failed, ops.T("Grafana shows no dashboard to this account", "Grafana ne montre aucun tableau de bord à ce compte"), nil)
	}
	path := filepath.Join(dir, "dashboards.json")
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return File{}, refused(path, err)
	}
	for i, d := range list {
		progress(ops.T("%d of %d dashboards", "%d tableaux de bord sur %d", i, len(list)))
		if body, err = o.get(ctx, "/api/dashboards/uid/"+url.PathEscape(d.UID)); err != nil {
			f.Close()
			return File{}, err
		}
		start := ",\n"
		if i == 0 {
			start = "["
		}
		if _, err = f.WriteString(start + strings.TrimSpace(string(body))); err != nil {
			break
		}
	}
	if err == nil {
		_, err = f.WriteString("]\n")
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return File{}, refused(path, err)
	}
	return File{Path: path, Versions: o.version(ctx)}, nil
}

func (o GrafanaOptions) version(ctx context.Context) map[string]string {
	var health struct {
		Version string `json:"version"`
	}
	if body, err := o.get(ctx, "/api/health"); err != nil || json.Unmarshal(body, &health) != nil || health.Version == "" {
		return nil
	}
	return map[string]string{"grafana": clipped(health.Version, 40)}
}

// get asks Grafana; no error of it holds the address.
func (o GrafanaOptions) get(ctx context.Context, path string) ([]byte, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, strings.TrimSuffix(o.URL, "/")+path, nil)
	if err != nil {
		return nil, ops.Fail(ops.Invalid, ops.T("Grafana's address cannot be read", "l’adresse de Grafana est illisible"), nil)
	}
	switch {
	case o.Password == nil:
	case o.User == "":
		req.Header.Set("Authorization", "Bearer "+o.Password.Reveal())
	default:
		req.SetBasicAuth(o.User, o.Password.Reveal())
	}
	resp, err := o.Client.Do(req)
	if err != nil {
		var in *url.Error
		if errors.As(err, &in) {
			err = in.Err
		}
		return nil, ops.Fail(ops.Unavailable, ops.T("Grafana does not answer: %s", "Grafana ne répond pas : %s", clipped(err.Error(), 140)), err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, mostDashboard+1))
	switch {
	case err != nil:
		return nil, ops.Fail(ops.Unavailable, ops.T("Grafana's answer broke off", "la réponse de Grafana s’est interrompue"), err)
	case resp.StatusCode == http.StatusUnauthorized, resp.StatusCode == http.StatusForbidden:
		return nil, ops.Fail(ops.Failed, ops.T("Grafana refuses the password that I was given: set it again with grafana cli admin reset-admin-password", "Grafana refuse le mot de passe que j’ai : remets-le avec grafana cli admin reset-admin-password"), nil)
	case resp.StatusCode != http.StatusOK:
		return nil, ops.Fail(ops.Unavailable, ops.T("Grafana answers %d", "Grafana répond %d", resp.StatusCode), nil)
	case len(body) > mostDashboard:
		return nil, ops.Fail(ops.Failed, ops.T("a dashboard has more than %s", "un tableau de bord fait plus de %s", ops.Size(mostDashboard)), nil)
	case !json.Valid(body):
		return nil, ops.Fail(ops.Unavailable, ops.T("Grafana's answer is no JSON", "la réponse de Grafana n’est pas du JSON"), nil)
	}
	return body, nil
}

// verifyGrafana reads an export to its end: a list of dashboards, each with a uid of its own.
func verifyGrafana(ctx context.Context, path string) (Proof, error) {
	n, err := eachOf(ctx, path, func(raw json.RawMessage, seen map[string]bool) error {
		var d struct {
			Dashboard struct {
				UID   string `json:"uid"`
				Title string `json:"title"`
			} `json:"dashboard"`
		}
		if err := json.Unmarshal(raw, &d); err != nil {
			return err
		}
		if d.Dashboard.UID == "" || seen[d.Dashboard.UID] {
			return fmt.Errorf("%q is no dashboard of its own", d.Dashboard.Title)
		}
		seen[d.Dashboard.UID] = true
		return nil
	})
	if err != nil {
		return Proof{}, notExport(err)
	}
	return Proof{ops.T("%s", "%s", ops.Count{N: n, EnOne: "dashboard", EnMany: "dashboards", FrOne: "tableau de bord", FrMany: "tableaux de bord"})}, nil
}
