package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestCheckModule_acceptsOnlyWhatTraefikCanName(t *testing.T) {
	tests := map[string]struct{ module, want string }{
		"an owner":             {"github.com/Some-Owner1/huaweiid", ""},
		"another name":         {"github.com/owner/plugin", `it must end in "huaweiid"`},
		"another host":         {"example.org/owner/huaweiid", "not of the form"},
		"a URL":                {"https://github.com/owner/huaweiid", "not of the form"},
		"no owner":             {"github.com/huaweiid", "not of the form"},
		"a deeper path":        {"github.com/owner/group/huaweiid", "not of the form"},
		"a version":            {"github.com/owner/huaweiid/v2", "not of the form"},
		"an impossible owner":  {"github.com/-owner/huaweiid", "not of the form"},
		"the form as it reads": {"github.com/OWNER/", "not of the form"},
		"a line break":         {"github.com/owner/huaweiid\n", "not of the form"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			err := checkModule(test.module)
			if test.want == "" {
				assert.NoError(t, err)
				return
			}
			assert.ErrorContains(t, err, test.want)
		})
	}
}

// The paths of this test are not the module's own: a rename of this very module changes this file as well, and must leave
// the test as true as before.
func TestRename_changesThePathWhereverItStandsAndNothingElse(t *testing.T) {
	const from, to = "github.com/old/huaweiid", "github.com/zz/huaweiid"
	tests := map[string]struct{ before, after string }{
		"go.mod":       {"module " + from + "\n\ngo 1.22.0\n", "module " + to + "\n\ngo 1.22.0\n"},
		"e2e/go.mod":   {"module " + from + "/e2e\n\nreplace " + from + " => ../\n", "module " + to + "/e2e\n\nreplace " + to + " => ../\n"},
		".traefik.yml": {"import: " + from + "\n", "import: " + to + "\n"},
		"README.md":    {"`plugins-local/src/" + from + "/` and " + from + ".", "`plugins-local/src/" + to + "/` and " + to + "."},
		"main.go": {
			"package main\n\nimport (\n\t_ \"" + from + "/a\"\n\t_ \"github.com/other/b\"\n)\n",
			"package main\n\nimport (\n\t_ \"github.com/other/b\"\n\t_ \"" + to + "/a\"\n)\n",
		},
		"other.txt":             {from + "-extra " + from + "2 github.com/older/huaweiid\n", from + "-extra " + from + "2 github.com/older/huaweiid\n"},
		"image.bin":             {"\x00" + from, "\x00" + from},
		"vendor/modules.txt":    {from, from},
		".git/config":           {from, from},
		"e2e/.bin/traefik.lock": {from, from},
	}
	root := t.TempDir()
	for name, file := range tests {
		path := filepath.Join(root, name)
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
		require.NoError(t, os.WriteFile(path, []byte(file.before), 0o600))
	}

	before, files, err := rename(root, to)
	require.NoError(t, err)
	assert.Equal(t, from, before)
	assert.Equal(t, 5, files)
	for name, file := range tests {
		content, err := os.ReadFile(filepath.Join(root, name))
		require.NoError(t, err)
		assert.Equal(t, file.after, string(content), name)
	}

	_, files, err = rename(root, to)
	require.NoError(t, err)
	assert.Zero(t, files, "a second time there is nothing to do")
}
