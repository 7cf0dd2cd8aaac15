package zerobyte

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"path"
	"slices"
	"strings"
	"time"

	"vigie/ops"
)

// restoreTime is how long a restore within one request may take, as versions before 0.41 do it.
const restoreTime = time.Hour

// An order is what Zerobyte is asked to restore. It cannot say «in place», nor «delete what is in the way»: those fields are
// not there, and the target is never left out.
type order struct {
	Snapshot  string   `json:"snapshotId"`
	Include   []string `json:"include,omitempty"`
	Kind      string   `json:"selectedItemKind,omitempty"`
	Target    string   `json:"targetPath"`
	Overwrite string   `json:"overwrite"`
}

var (
	restoreJob = ops.Declare(&set, "zerobyte.restore", func(a restoreArgs) ops.Text {
		if a.Path == "" {
			return ops.T("restore all of %s into %s, overwriting nothing", "restaurer tout %s dans %s, sans rien écraser", ops.Name(a.Snapshot), ops.Name(a.Target))
		}
		return ops.T("restore %s of %s into %s, overwriting nothing", "restaurer %s de %s dans %s, sans rien écraser", ops.Name(clip(a.Path, 100)), ops.Name(a.Snapshot), ops.Name(a.Target))
	}, func(ctx context.Context, s *System, a restoreArgs) error { return s.restore(ctx, a) })

	arrived = ops.Declare(&set, "zerobyte.restored", func(a restoreArgs) ops.Text {
		return ops.T("%s is there", "%s est là", ops.Name(a.Target))
	}, func(ctx context.Context, s *System, a restoreArgs) error { return s.arrived(ctx, a) })
)

// restore asks for the restore and waits for its end. It may be asked for again: what is there is left as it is.
func (s *System) restore(ctx context.Context, a restoreArgs) error {
	if path.Clean(a.Target) != a.Target || s.o.Scratch == "" || !strings.HasPrefix(a.Target, s.o.Scratch+"/vigie-") { // the plan is from before the configuration changed
		return ops.Fail(ops.Failed, ops.T("%s is no folder that I may restore into", "%s n’est pas un dossier où je peux restaurer", ops.Name(a.Target)), nil)
	}
	o := order{Snapshot: a.Snapshot, Kind: a.Kind, Target: a.Target, Overwrite: "never"}
	if a.Path != "" {
		o.Include = []string{a.Path}
	}
	ops.Progress(ctx, ops.T("asked for", "demandé"))
	got, err := s.post(ctx, "/api/v1/repositories/"+url.PathEscape(a.RepoAt)+"/restore", o, restoreTime)
	if err != nil {
		return err
	}
	if got.code != http.StatusOK && got.code != http.StatusAccepted {
		return s.refusal(got)
	}
	var said struct {
		ID      string `json:"restoreId"`
		Success *bool  `json:"success"`
		Files   int    `json:"filesRestored"`
		Skipped int    `json:"filesSkipped"`
	}
	if err := decode(got, &said); err != nil {
		return err
	}
	if said.ID == "" {
		if said.Success == nil || !*said.Success {
			return s.refusal(got)
		}
		return came(ctx, said.Files, said.Skipped, 0)
	}
	t, err := s.waitFor(ctx, said.ID)
	switch {
	case err != nil:
		return ops.Fail(ops.Unknown, ops.T("the restore into %s was begun, and Zerobyte does not tell how it goes: look there", "la restauration dans %s a commencé, et Zerobyte ne dit pas où elle en est : regarde sur place", ops.Name(a.Target)), err)
	case t.Status != "succeeded":
		return ops.Fail(ops.Failed, ops.T("Zerobyte could not restore (%s): %s. What came so far is in %s.", "Zerobyte n’a pas pu restaurer (%s) : %s. Ce qui est venu est dans %s.",
			t.Status, quoted(clip(ops.Clean(s.hide(t.Error)), 200)), ops.Name(a.Target)), nil)
	case t.Result == nil || t.Result.Result == nil:
		ops.Progress(ctx, ops.T("Zerobyte calls it a success", "Zerobyte parle de succès"))
		return nil
	}
	return came(ctx, t.Result.Result.Files, t.Result.Result.Skipped, t.Result.Result.Restored)
}

// came says what was restored. Nothing is no success: the path was not in the snapshot, or all was there already.
func came(ctx context.Context, files, skipped int, bytes int64) error {
	n := ops.Count{N: files, EnOne: "file", EnMany: "files", FrOne: "fichier", FrMany: "fichiers"}
	switch {
	case files == 0 && skipped == 0:
		return ops.Fail(ops.Failed, ops.T("Zerobyte restored no file at all", "Zerobyte n’a restauré aucun fichier"), nil)
	case skipped > 0:
		ops.Progress(ctx, ops.T("%s, and %d that were there already", "%s, et %d déjà présents", n, skipped))
	case bytes > 0:
		ops.Progress(ctx, ops.T("%s, %s", "%s, %s", n, ops.Size(bytes)))
	default:
		ops.Progress(ctx, ops.T("%s", "%s", n))
	}
	return nil
}

// arrived looks whether the target's folder is there, as far as Zerobyte lets anybody see.
func (s *System) arrived(ctx context.Context, a restoreArgs) error {
	there, err := s.folders(ctx)
	if err != nil {
		return err
	}
	if !slices.Contains(there, path.Base(a.Target)) {
		return ops.Fail(ops.Failed, ops.T("%s is not on Zerobyte's machine", "%s n’est pas sur la machine de Zerobyte", ops.Name(a.Target)), nil)
	}
	ops.Progress(ctx, ops.T("seen there", "vu sur place"))
	return nil
}

// decode reads an answer that says yes.
func decode(got reply, v any) error {
	if err := json.Unmarshal(got.body, v); err != nil {
		return ops.Fail(ops.Unknown, ops.T("Zerobyte answered something that I cannot read: it may or may not have begun", "Zerobyte a répondu quelque chose d’illisible : c’est peut-être commencé, peut-être pas"), err)
	}
	return nil
}
