package host

import (
	"slices"
	"time"

	"vigie/ops"
)

// A standing is how one trouble stands: how grave, since when.
type standing struct {
	Severity ops.Severity `json:"severity"`
	Since    time.Time    `json:"since"`
}

// A ledger holds what is wrong, by subject and kind: "disk:vps:/ full".
type ledger map[string]standing

func key(t ops.Trouble) string { return t.Subject + " " + t.Kind }

// An opinion is what a reading comes to: every trouble that there could be, over or not.
type opinion struct {
	m      *machine
	now    Reading
	before Reading // the one before it, if there is one
	was    ledger
	is     ledger
	shares *shares
	growth growth
	list   []ops.Trouble
}

// judge makes a machine's troubles out of a reading.
func (m *machine) judge(now Reading, k *known) *opinion {
	o := &opinion{m: m, now: now, before: k.last, was: k.Standing, is: ledger{}, shares: k.shares, growth: k.growth}
	for _, d := range now.Disks {
		o.disk(d)
	}
	o.memory()
	o.swap()
	o.load()
	for _, u := range now.Units {
		o.unit(u)
	}
	return o
}

// tell adds a trouble that is so with the given severity, or is over if that is "".
func (o *opinion) tell(t ops.Trouble, severity ops.Severity, over ops.Text) {
	t.Severity, t.At = severity, o.now.At
	if severity == "" {
		o.list = append(o.list, ops.Trouble{Subject: t.Subject, Kind: t.Kind, Over: true, Severity: ops.Warning, At: t.At, Title: over})
		return
	}
	if was, ok := o.was[key(t)]; ok {
		t.At = was.Since
	}
	o.is[key(t)] = standing{severity, t.At}
	o.list = append(o.list, t)
}

// grave is how grave that trouble was until now.
func (o *opinion) grave(t ops.Trouble) ops.Severity { return o.was[key(t)].Severity }

func (o *opinion) name() ops.Name { return ops.Name(o.m.Name) }

func (o *opinion) disk(d Disk) {
	subject := "disk:" + o.m.Name + ":" + d.Mount
	stuck := ops.Trouble{Subject: subject, Kind: "stuck", Wait: time.Minute,
		Title: ops.T("%s: %s does not answer", "%s : %s ne répond pas", o.name(), ops.Name(d.Mount)),
		Lines: []ops.Text{ops.T("whoever reads or writes there hangs, until the disk or its server is back", "qui lit ou écrit là reste bloqué, jusqu’au retour du disque ou de son serveur")}}
	if d.Stuck {
		o.tell(stuck, ops.Critical, ops.Text{})
		o.keep(subject)
		return
	}
	o.tell(stuck, "", ops.T("%s: %s answers again", "%s : %s répond de nouveau", o.name(), ops.Name(d.Mount)))
	o.full(d, subject)
	inodes := ops.Trouble{Subject: subject, Kind: "inodes",
		Title: ops.T("%s: %s has used %d %% of its inodes", "%s : %s a utilisé %d %% de ses inodes", o.name(), ops.Name(d.Mount), int(d.InodesUsed())),
		Lines: []ops.Text{ops.T("%d more files fit, whatever space is left; many small files are somewhere, often a cache or sessions",
			"il y a place pour %d fichiers de plus, quel que soit l’espace libre ; beaucoup de petits fichiers traînent, souvent un cache ou des sessions", d.InodesFree)},
		Offers: []ops.Button{o.more()}}
	o.tell(inodes, o.m.limits.inodes.judge(d.InodesUsed(), o.grave(inodes)), ops.T("%s: %s has used %d %% of its inodes", "%s : %s a utilisé %d %% de ses inodes", o.name(), ops.Name(d.Mount), int(d.InodesUsed())))
	o.sealed(d, subject)
}

// keep leaves the other troubles of a subject as they were: nothing is known of them now.
func (o *opinion) keep(subject string) {
	for _, kind := range []string{"full", "inodes", "read-only"} {
		k := key(ops.Trouble{Subject: subject, Kind: kind})
		if was, ok := o.was[k]; ok {
			o.is[k] = was
		}
	}
}

func (o *opinion) full(d Disk, subject string) {
	l, own := o.m.limits.mounts[d.Mount]
	if !own {
		l = o.m.limits.disk
	}
	t := ops.Trouble{Subject: subject, Kind: "full",
		Title: ops.T("%s: %s is %d %% full, %s left", "%s : %s est plein à %d %%, reste %s", o.name(), ops.Name(d.Mount), int(d.Used()), rounded(d.Avail)),
		Lines: append(o.growth.says(d, o.now.At), o.shares.says(o.now.Disks, d)...)}
	if o.m.Docker != nil && o.shares.on(o.now.Disks, d) {
		t.Offers = append(t.Offers, freeSpace())
	}
	t.Offers = append(t.Offers, o.more())
	severity := l.judge(d.Used(), o.grave(t))
	if d.sealed() {
		severity = ""
	}
	o.tell(t, severity, ops.T("%s: %s is %d %% full, %s left", "%s : %s est plein à %d %%, reste %s", o.name(), ops.Name(d.Mount), int(d.Used()), rounded(d.Avail)))
}

// sealed finds a file system that turned read-only: the kernel does that to one with errors. One that was so from the start is meant so.
func (o *opinion) sealed(d Disk, subject string) {
	t := ops.Trouble{Subject: subject, Kind: "read-only",
		Title: ops.T("%s: %s turned read-only", "%s : %s est passé en lecture seule", o.name(), ops.Name(d.Mount)),
		Lines: []ops.Text{ops.T("the kernel does that after errors of the disk: nothing can be saved there; dmesg says which", "le noyau fait cela après des erreurs du disque : rien ne s’y enregistre plus ; dmesg dit lesquelles")}}
	was := slices.ContainsFunc(o.before.Disks, func(b Disk) bool { return b.Mount == d.Mount && !b.ReadOnly && !b.Stuck })
	severity := ops.Severity("")
	if d.ReadOnly && (was || o.grave(t) != "") {
		severity = ops.Critical
	}
	o.tell(t, severity, ops.T("%s: %s can be written to", "%s : on peut écrire sur %s", o.name(), ops.Name(d.Mount)))
}

func (o *opinion) memory() {
	r := o.now
	title := ops.T("%s: %d %% of the memory left, %s of %s", "%s : reste %d %% de mémoire, %s sur %s", o.name(), int(r.LeftMemory()), rounded(r.Available), ops.Size(r.Memory))
	t := ops.Trouble{Subject: "memory:" + o.m.Name, Kind: "memory", Wait: time.Minute, Title: title,
		Lines: []ops.Text{ops.T("at the end of it the kernel kills what is largest", "quand il n’y en a plus, le noyau tue le plus gros")}}
	if r.Swap > 0 {
		t.Lines = append(t.Lines, ops.T("swap %d %% used", "swap utilisé à %d %%", int(r.UsedSwap())))
	}
	t.Offers = o.whoUses()
	o.tell(t, o.m.limits.memory.judge(100-r.LeftMemory(), o.grave(t)), title)
}

// A swap that is full and lies still harms nobody. It does where memory runs out too, or pages go in and out.
const (
	tightMemory = 20.0  // percent left
	busyPaging  = 100.0 // pages a second: with pages of 4 KiB, 0.4 MB
)

func (o *opinion) swap() {
	r, paging := o.now, o.now.paging(o.before)
	title := ops.T("%s: %d %% of the swap used, %s of %s", "%s : swap utilisé à %d %%, %s sur %s", o.name(), int(r.UsedSwap()), ops.Size(r.Swap-r.SwapFree), ops.Size(r.Swap))
	t := ops.Trouble{Subject: "memory:" + o.m.Name, Kind: "swap", Wait: 5 * time.Minute, Title: title,
		Lines: []ops.Text{ops.T("%d %% of the memory left", "reste %d %% de mémoire", int(r.LeftMemory()))}}
	was := o.grave(t)
	hurts := r.LeftMemory() < tightMemory || paging >= busyPaging
	if was != "" {
		hurts = r.LeftMemory() < tightMemory+hysteresis || paging >= busyPaging/2
	}
	severity := o.m.limits.swap.judge(r.UsedSwap(), was)
	if !hurts {
		severity = ""
	}
	if paging >= busyPaging/2 {
		t.Lines = append(t.Lines, ops.T("%.0f pages a second go in and out: everything waits for it", "%.0f pages par seconde entrent et sortent : tout attend après", paging))
	}
	t.Offers = o.whoUses()
	o.tell(t, severity, title)
}

func (o *opinion) load() {
	r := o.now
	title := ops.T("%s: load %.1f a core over 5 min", "%s : charge de %.1f par cœur sur 5 min", o.name(), r.CoreLoad())
	t := ops.Trouble{Subject: "load:" + o.m.Name, Kind: "load", Wait: 5 * time.Minute, Title: title,
		Lines:  []ops.Text{ops.T("load %s on %s: so many wait for a processor or for the disk", "charge %s sur %s : autant attendent un processeur ou le disque", loads(r), cores(r.Cores))},
		Offers: o.whoUses()}
	o.tell(t, o.m.limits.load.judge(r.CoreLoad(), o.grave(t)), title)
}
