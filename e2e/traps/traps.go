// Package traps refuses, in the plugin's source, what Traefik's interpreter (Yaegi v0.16.1) does not run, or runs to
// another result than the compiler does: compiled tests cannot see the difference, the syntax tree shows it.
package traps

import (
	"cmp"
	"fmt"
	"go/token"
	"path/filepath"
	"slices"
)

// Finding is one trap at one place.
type Finding struct {
	// File is relative to the checked directory; Line and Column count from one.
	File         string
	Line, Column int
	// Trap is the trap's name, What the piece of source that it is about.
	Trap, What string
	// Because says what comes of it, Instead what to write.
	Because, Instead string
}

// String reads like a compiler's message.
func (f Finding) String() string {
	return fmt.Sprintf("%s:%d:%d: %s: %s: %s; write instead: %s",
		f.File, f.Line, f.Column, f.Trap, f.What, f.Because, f.Instead)
}

// trap is one row of the table.
type trap struct {
	name    string
	because string
	instead string
	find    func(*plugin, report)
}

// report notes a trap at a position, and what stands there.
type report func(at token.Pos, what string)

// Check looks for every trap in the package at dir, the root of its module, and in what that package imports from its
// own module: all that is interpreted, but for vendored packages. Tests are compiled, so they are left out.
func Check(dir string) ([]Finding, error) {
	// Types of shared packages complete themselves when they are looked at: one check at a time.
	compiled.Lock()
	defer compiled.Unlock()

	p, err := load(dir)
	if err != nil {
		return nil, err
	}

	var findings []Finding
	for _, t := range table {
		t.find(p, func(at token.Pos, what string) {
			pos := p.fset.PositionFor(at, false)
			findings = append(findings, Finding{
				File: p.relative(pos.Filename), Line: pos.Line, Column: pos.Column,
				Trap: t.name, What: what, Because: t.because, Instead: t.instead,
			})
		})
	}

	// An import that is refused may well not be there: what then cannot be typed is no news.
	if len(p.typeErrors) > 0 && !slices.ContainsFunc(findings, func(f Finding) bool { return f.Trap == trapImport }) {
		return nil, fmt.Errorf("type-checking %s: %w", p.module, p.typeErrors[0])
	}

	slices.SortStableFunc(findings, func(a, b Finding) int {
		return cmp.Or(cmp.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
	})

	return findings, nil
}

// relative is a file's name as a reader in the module's root would give it.
func (p *plugin) relative(file string) string {
	rel, err := filepath.Rel(p.dir, file)
	if err != nil {
		return file
	}

	return filepath.ToSlash(rel)
}
