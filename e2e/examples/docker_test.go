package examples

import (
	"archive/tar"
	"errors"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/traefik-huaweiid/huaweiid/e2e/proxy"
)

// needEngine skips a test where there is no Docker engine of this machine's kind.
func needEngine(t *testing.T) {
	t.Helper()
	if _, err := exec.LookPath("docker"); err != nil {
		t.Skip("docker is not on the PATH")
	}
	kind, err := exec.CommandContext(t.Context(), "docker", "version", "--format", "{{.Server.Os}}/{{.Server.Arch}}").Output()
	if err != nil {
		t.Skip("no Docker engine answers")
	}
	if strings.TrimSpace(string(kind)) != runtime.GOOS+"/"+runtime.GOARCH {
		t.Skipf("the Docker engine runs %s, and the binaries here are of another kind", kind)
	}
}

// docker runs a command of Docker's, with the builder that every engine has.
func docker(t *testing.T, dir string, command ...string) string {
	t.Helper()
	c := exec.CommandContext(t.Context(), command[0], command[1:]...)
	c.Dir = dir
	c.Env = append(os.Environ(), "DOCKER_BUILDKIT=0", "COMPOSE_DOCKER_CLI_BUILD=0")
	output, err := c.CombinedOutput()
	require.NoError(t, err, "%v\n%s", command, output)
	return string(output)
}

// image sees to it that an image is there under its name: the real one if the engine has it, else one that is made here, for this
// test, of what fill puts into a directory. What the Dockerfiles ask for is then there without a registry.
func image(t *testing.T, name, instructions string, fill func(t *testing.T, dir string)) {
	t.Helper()
	if exec.CommandContext(t.Context(), "docker", "image", "inspect", name).Run() == nil {
		return
	}
	dir := t.TempDir()
	fill(t, dir)
	require.NoError(t, os.WriteFile(filepath.Join(dir, "Dockerfile"), []byte("FROM scratch\n"+instructions), 0o600))
	docker(t, dir, "docker", "build", "-q", "-t", name, ".")
	t.Cleanup(func() {
		_ = exec.Command("docker", "rmi", "-f", name).Run()
	})
}

// baseImages are those that the examples are made of.
func baseImages(t *testing.T) {
	t.Helper()
	image(t, "traefik:v3.7.13", "COPY traefik /traefik\nENTRYPOINT [\"/traefik\"]\n", func(t *testing.T, dir string) {
		binary, err := proxy.Binary(t.Context(), os.Stderr)
		require.NoError(t, err)
		copyFile(t, binary, filepath.Join(dir, "traefik"))
	})
	// The echo application in the place of whoami: both answer with what they got.
	const echo = "COPY whoami /whoami\nEXPOSE 80\nENTRYPOINT [\"/whoami\", \"-http\", \":80\"]\n"
	image(t, "traefik/whoami:v1.11", echo, func(t *testing.T, dir string) {
		build := exec.CommandContext(t.Context(), "go", "build", "-buildvcs=false", "-o", filepath.Join(dir, "whoami"), "./cmd/echo")
		build.Dir = filepath.Join(root(t), "e2e")
		build.Env = append(os.Environ(), "CGO_ENABLED=0")
		output, err := build.CombinedOutput()
		require.NoError(t, err, string(output))
	})
	image(t, "golang:1.26", "COPY . /\nENV PATH=/usr/local/go/bin HOME=/root GOTOOLCHAIN=local\n", toolchain)
}

// toolchain fills a directory with this machine's Go, and with what it has compiled of the standard library for the simulator: the
// container would take minutes for that. The cache stays in e2e/.bin for the next run.
func toolchain(t *testing.T, dir string) {
	t.Helper()
	cache := filepath.Join(root(t), "e2e", ".bin", "go-build")
	build := exec.CommandContext(t.Context(), "go", "build", "-buildvcs=false", "-o", os.DevNull, "./cmd/huaweisim")
	build.Dir = root(t)
	build.Env = append(os.Environ(), "CGO_ENABLED=0", "GOCACHE="+cache)
	output, err := build.CombinedOutput()
	require.NoError(t, err, string(output))
	goroot, err := exec.CommandContext(t.Context(), "go", "env", "GOROOT").Output()
	require.NoError(t, err)
	copyTree(t, cache, filepath.Join(dir, "root", ".cache", "go-build"), func(string) bool { return true })
	copyTree(t, strings.TrimSpace(string(goroot)), filepath.Join(dir, "usr", "local", "go"), func(name string) bool {
		top, rest, _ := strings.Cut(name, "/")
		switch top {
		case "bin", "pkg":
			return true
		case "src":
			return !strings.HasSuffix(rest, "_test.go") && !strings.HasPrefix(rest, "cmd/") && !strings.Contains(rest, "/testdata/")
		}
		return rest == "" // VERSION, go.env
	})
	require.NoError(t, os.Mkdir(filepath.Join(dir, "tmp"), 0o755))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "tmp", "empty"), nil, 0o600))
}

// copyTree copies the wanted files, by hard links where that can be done.
func copyTree(t *testing.T, from, to string, wanted func(name string) bool) {
	t.Helper()
	require.NoError(t, filepath.WalkDir(from, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || !entry.Type().IsRegular() {
			return err
		}
		name, err := filepath.Rel(from, path)
		if err != nil || !wanted(filepath.ToSlash(name)) {
			return err
		}
		target := filepath.Join(to, name)
		if err := os.MkdirAll(filepath.Dir(target), 0o755); err != nil {
			return err
		}
		if os.Link(path, target) == nil {
			return nil
		}
		copyFile(t, path, target)
		return nil
	}))
}

func copyFile(t *testing.T, from, to string) {
	t.Helper()
	content, err := os.ReadFile(from)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(to, content, 0o755))
}

// compose is the command that there is, of the second generation or of the first.
func compose(t *testing.T) []string {
	t.Helper()
	if exec.CommandContext(t.Context(), "docker", "compose", "version").Run() == nil {
		return []string{"docker", "compose"}
	}
	if _, err := exec.LookPath("docker-compose"); err == nil {
		return []string{"docker-compose"}
	}
	t.Skip("there is no docker compose")
	return nil
}

// up starts a Compose file as it stands, but for the published ports, until the test ends.
func (e *example) up(t *testing.T, compose []string) {
	t.Helper()
	text := e.replaced(e.read(t, "docker-compose.yml"))
	file := filepath.Join(e.dir, "docker-compose.yml")
	require.NoError(t, os.WriteFile(file, []byte(text), 0o600))
	_, port, _ := strings.Cut(e.addresses[webAddress], ":")
	command := append(slices.Clone(compose), "-p", "huaweiid-test-"+port, "--project-directory", filepath.Join(root(t), "examples", e.name), "-f", file)
	t.Cleanup(func() {
		if t.Failed() {
			logs, _ := exec.Command(command[0], append(command[1:], "logs", "--no-color")...).CombinedOutput()
			t.Logf("%s", logs)
		}
		// The stage that the simulator is built in has no name.
		_ = exec.Command("docker", "image", "prune", "-f", "--filter", "label=org.opencontainers.image.title=huaweisim, as it is built").Run()
		down, err := exec.Command(command[0], append(command[1:], "down", "-v", "--rmi", "local")...).CombinedOutput()
		assert.NoError(t, err, string(down))
	})
	docker(t, e.dir, append(command, "up", "-d", "--build")...)
}

// The engine has images by name, so that these run one after the other, on images that are made once.
func TestDocker(t *testing.T) {
	needEngine(t)
	command := compose(t)
	baseImages(t)
	t.Run("the image has what Traefik needs and nothing else", requireLeanImage)
	t.Run("docker-compose serves by labels", func(t *testing.T) {
		e := &example{name: "docker-compose", dir: t.TempDir(), addresses: map[string]string{webAddress: free(t)}}
		e.up(t, command)
		e.tryAll(t)
	})
	t.Run("docker-compose-fleet shares what Huawei answered", func(t *testing.T) {
		image(t, "valkey/valkey:8.1", "COPY . /\nENV PATH=/\nENTRYPOINT []\n", redisImage)
		secret := filepath.Join(t.TempDir(), "secret.txt")
		require.NoError(t, os.WriteFile(secret, []byte(strings.Repeat("0123456789abcdef", 4)+"\n"), 0o644))
		e := &example{name: "docker-compose-fleet", dir: t.TempDir(), addresses: map[string]string{
			webAddress: free(t), "127.0.0.1:8001": free(t), huaweiAddress: free(t), "./redis-secret.txt": secret,
		}}
		e.up(t, command)
		e.tryAll(t)
	})
}

// redisImage fills a directory with this machine's Redis, under Valkey's name for it.
func redisImage(t *testing.T, dir string) { programImage(t, dir, "redis-server", "valkey-server") }

// programImage fills a directory with a program of this machine, under a name at its top, and the libraries that it is linked with.
func programImage(t *testing.T, dir, program, name string) {
	t.Helper()
	path, err := exec.LookPath(program)
	if err != nil {
		t.Skipf("%s is not on the PATH", program)
	}
	copyFile(t, path, filepath.Join(dir, name))
	libraries, err := exec.CommandContext(t.Context(), "ldd", path).Output()
	if err != nil {
		return // it is static
	}
	for _, word := range strings.Fields(string(libraries)) {
		if strings.HasPrefix(word, "/") {
			require.NoError(t, os.MkdirAll(filepath.Join(dir, filepath.Dir(word)), 0o755))
			copyFile(t, word, filepath.Join(dir, word))
		}
	}
}

// The init container of the Helm values, run with the rights that they give it, leaves in its volume what make plugin installs.
func TestDocker_theInitContainerPutsThePluginIntoItsVolume(t *testing.T) {
	needEngine(t)
	image(t, "busybox:1.37", "COPY . /\nENV PATH=/\n", func(t *testing.T, dir string) { programImage(t, dir, "cp", "cp") })
	const name = "huaweiid-test-plugin"
	docker(t, root(t), "docker", "build", "-q", "-t", name, "-f", filepath.Join("examples", "kubernetes", "plugin.Dockerfile"), ".")
	t.Cleanup(func() { _ = exec.Command("docker", "rmi", "-f", name).Run() })

	container := readInitContainer(t)
	require.Len(t, container.VolumeMounts, 1)
	volume := t.TempDir()
	require.NoError(t, os.Chmod(volume, 0o777)) // as an emptyDir has
	command := []string{"docker", "run", "--rm", "--network=none", "--cap-drop=ALL", "--security-opt=no-new-privileges",
		"--user=" + strconv.Itoa(container.SecurityContext.RunAsUser), "-v", volume + ":" + container.VolumeMounts[0].MountPath}
	if container.SecurityContext.ReadOnlyRootFilesystem {
		command = append(command, "--read-only")
	}
	docker(t, volume, append(append(command, name), container.Args...)...)

	installed := t.TempDir()
	module, err := proxy.Stage(installed)
	require.NoError(t, err)
	assert.Equal(t, contents(t, filepath.Join(installed, "plugins-local", "src", filepath.FromSlash(module))), contents(t, volume))
}

// contents are the files below a directory by their names.
func contents(t *testing.T, dir string) map[string]string {
	t.Helper()
	found := map[string]string{}
	require.NoError(t, filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || !entry.Type().IsRegular() {
			return err
		}
		content, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		name, err := filepath.Rel(dir, path)
		found[filepath.ToSlash(name)] = string(content)
		return err
	}))
	return found
}

// requireLeanImage looks into the image that the Dockerfile makes: it has no tests, and no libraries of theirs.
func requireLeanImage(t *testing.T) {
	const name = "huaweiid-test-image"
	docker(t, root(t), "docker", "build", "-q", "-t", name, "-f", filepath.Join("examples", "docker-compose", "Dockerfile"), ".")
	t.Cleanup(func() { _ = exec.Command("docker", "rmi", "-f", name).Run() })
	container := strings.TrimSpace(docker(t, root(t), "docker", "create", name))
	defer func() { _ = exec.Command("docker", "rm", "-f", container).Run() }()

	export := exec.CommandContext(t.Context(), "docker", "export", container)
	stream, err := export.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, export.Start())
	module, want, err := proxy.PluginFiles(root(t))
	require.NoError(t, err)
	var got []string
	for archive := tar.NewReader(stream); ; {
		header, err := archive.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		require.NoError(t, err)
		if file, found := strings.CutPrefix(header.Name, "plugins-local/src/"+module+"/"); found && header.Typeflag == tar.TypeReg {
			got = append(got, file)
		}
	}
	require.NoError(t, export.Wait())
	slices.Sort(got)
	assert.Equal(t, want, got)
}
