package examples

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/traefik-huaweiid/huaweiid/e2e/proxy"
)

var (
	shellBlock = regexp.MustCompile("(?s)```sh\n(.*?)```")
	unitLine   = regexp.MustCompile(`(?m)^(\w+)=(.*)$`)
)

// The README's commands are carried out on a directory in the place of /, and the unit's command is run there.
func TestSystemd_servesAfterTheCommandsOfTheREADME(t *testing.T) {
	t.Parallel()
	e := prepare(t, "systemd", appAddress)
	for _, name := range []string{"traefik.service", "traefik.yml", "shop.yml"} {
		require.NoError(t, os.WriteFile(filepath.Join(e.dir, name), []byte(e.replaced(e.read(t, name))), 0o600))
	}
	machine := t.TempDir()
	onMachine := func(text string) string {
		return regexp.MustCompile(`/(etc|var|usr/local)/`).ReplaceAllString(text, machine+"/$1/")
	}
	var commands []string
	for _, line := range strings.Split(shellBlock.FindStringSubmatch(e.read(t, "README.md"))[1], "\n") {
		if !strings.HasPrefix(line, "useradd ") && !strings.HasPrefix(line, "systemctl ") {
			commands = append(commands, strings.ReplaceAll(onMachine(line), "examples/systemd/", e.dir+"/"))
		}
	}
	require.NoError(t, os.MkdirAll(filepath.Join(machine, "etc", "systemd", "system"), 0o755))
	install := exec.CommandContext(t.Context(), "sh", "-e", "-c", strings.Join(commands, "\n"))
	install.Dir = root(t)
	output, err := install.CombinedOutput()
	require.NoError(t, err, string(output))

	unit := map[string]string{}
	for _, match := range unitLine.FindAllStringSubmatch(e.read(t, "traefik.service"), -1) {
		unit[match[1]] = match[2]
	}
	static := filepath.Join(machine, "etc", "traefik", "traefik.yml")
	content, err := os.ReadFile(static)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(static, []byte(onMachine(string(content))), 0o600))
	command := strings.Fields(unit["ExecStart"])
	require.Equal(t, "/usr/local/bin/traefik", command[0])
	binary, err := proxy.Binary(t.Context(), os.Stderr)
	require.NoError(t, err)
	for i := range command {
		command[i] = onMachine(command[i])
	}
	run(t, onMachine(unit["WorkingDirectory"]+"/"), binary, command[1:]...)
	e.tryAll(t)
}

func TestSystemd_unitIsOneThatSystemdTakes(t *testing.T) {
	t.Parallel()
	analyze, err := exec.LookPath("systemd-analyze")
	if err != nil {
		t.Skip("systemd-analyze is not on the PATH")
	}
	e := &example{name: "systemd", dir: t.TempDir()}
	// Verified with a command that there is on every machine.
	unit := strings.Replace(e.read(t, "traefik.service"), "/usr/local/bin/traefik", "/bin/sh", 1)
	path := filepath.Join(e.dir, "traefik.service")
	require.NoError(t, os.WriteFile(path, []byte(unit), 0o600))
	output, err := exec.CommandContext(t.Context(), analyze, "verify", "--man=no", path).CombinedOutput()
	assert.NoError(t, err)
	for _, line := range strings.Split(string(output), "\n") {
		assert.NotContains(t, line, path, "what systemd says of this unit")
	}
}
