package examples

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	appsv1 "k8s.io/api/apps/v1"
	authenticationv1 "k8s.io/api/authentication/v1"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/traefik-huaweiid/huaweiid/e2e/kubelet"
	"github.com/traefik-huaweiid/huaweiid/e2e/proxy"
)

// installation is Traefik in the cluster, as the chart has installed it.
type installation struct {
	cluster   *cluster
	template  corev1.PodTemplateSpec
	container corev1.Container
}

// installed reads what the chart has installed back from the API server, with the names that the README's commands have.
func (c *cluster) installed(t *testing.T) *installation {
	t.Helper()
	var deployment appsv1.Deployment
	c.get(t, "/apis/apps/v1/namespaces/traefik/deployments/traefik", &deployment)
	template := deployment.Spec.Template
	require.Len(t, template.Spec.Containers, 1)
	return &installation{c, template, template.Spec.Containers[0]}
}

// requireAllowed has the API server look at the pod that the Deployment's controller would make, in a namespace that takes only pods
// of the strictest of Kubernetes' Pod Security Standards.
func (i *installation) requireAllowed(t *testing.T) {
	t.Helper()
	i.cluster.apply(t, `
apiVersion: v1
kind: Namespace
metadata: {name: restricted, labels: {pod-security.kubernetes.io/enforce: restricted}}
`)
	pod := corev1.Pod{
		TypeMeta:   metav1.TypeMeta{APIVersion: "v1", Kind: "Pod"},
		ObjectMeta: i.template.ObjectMeta,
		Spec:       i.template.Spec,
	}
	pod.Name = "traefik"
	i.cluster.post(t, "/api/v1/namespaces/restricted/pods?dryRun=All&fieldValidation=Strict", &pod, &corev1.Pod{})
}

// requireReachable looks whether the Service and the application's network policy lead to the pod.
func (i *installation) requireReachable(t *testing.T) {
	t.Helper()
	var service corev1.Service
	i.cluster.get(t, "/api/v1/namespaces/traefik/services/traefik", &service)
	requirePart(t, service.Spec.Selector, i.template.Labels)
	ports := map[string]int32{}
	for _, port := range i.container.Ports {
		ports[port.Name] = port.ContainerPort
	}
	forwarded := slices.IndexFunc(service.Spec.Ports, func(port corev1.ServicePort) bool { return port.Port == 80 }) // by the README
	require.GreaterOrEqual(t, forwarded, 0)
	assert.EqualValues(t, 8000, ports[service.Spec.Ports[forwarded].TargetPort.String()], "web")
	var policy networkingv1.NetworkPolicy
	i.cluster.get(t, "/apis/networking.k8s.io/v1/namespaces/shop/networkpolicies/shop", &policy)
	from := policy.Spec.Ingress[0].From[0]
	requirePart(t, from.PodSelector.MatchLabels, i.template.Labels)
	var namespace corev1.Namespace
	i.cluster.get(t, "/api/v1/namespaces/traefik", &namespace)
	requirePart(t, from.NamespaceSelector.MatchLabels, namespace.Labels)
}

// requirePart is for selectors: all of their labels have to be there.
func requirePart(t *testing.T, selector, labels map[string]string) {
	t.Helper()
	require.NotEmpty(t, selector)
	for name, value := range selector {
		assert.Equal(t, value, labels[name], name)
	}
}

// root makes the directory that the container would have as its root: of Traefik's image the plugin, if it is in there, and the
// volumes as the kubelet mounts them.
func (i *installation) root(t *testing.T, e *example) string {
	t.Helper()
	root := t.TempDir()
	base := regexp.MustCompile(`(?m)^FROM traefik:(\S+)$`).FindStringSubmatch((&example{name: "docker-compose"}).read(t, "Dockerfile"))
	require.NotNil(t, base)
	switch i.container.Image {
	case "docker.io/traefik:" + base[1]:
	case "registry.example/traefik-huaweiid:" + base[1]:
		_, err := proxy.Stage(root)
		require.NoError(t, err)
	default:
		t.Fatalf("no example makes the image %s", i.container.Image)
	}
	volumes := map[string]corev1.Volume{}
	for _, volume := range i.template.Spec.Volumes {
		volumes[volume.Name] = volume
	}
	mounted := map[string]string{}
	for _, mount := range i.container.VolumeMounts {
		dir := filepath.Join(root, filepath.FromSlash(mount.MountPath))
		require.NoError(t, os.MkdirAll(dir, 0o755))
		mounted[mount.Name] = dir
		switch volume := volumes[mount.Name]; {
		case volume.ConfigMap != nil:
			require.NoError(t, kubelet.Project(dir, i.filesOf(t, volume.ConfigMap)))
		case volume.EmptyDir == nil:
			t.Fatalf("the test does not know volumes such as %+v", volume)
		}
	}
	for _, container := range i.template.Spec.InitContainers {
		runInit(t, e, container, mounted)
	}
	return root
}

// filesOf are those of a ConfigMap by the paths that a volume has them under.
func (i *installation) filesOf(t *testing.T, source *corev1.ConfigMapVolumeSource) map[string]string {
	t.Helper()
	var configMap corev1.ConfigMap
	i.cluster.get(t, "/api/v1/namespaces/traefik/configmaps/"+source.Name, &configMap)
	files := map[string]string{}
	for _, item := range source.Items {
		content, found := configMap.Data[item.Key]
		require.True(t, found, "the ConfigMap has no %s, upon which no container would start", item.Key)
		files[item.Path] = content
	}
	return files
}

// runInit runs what the init container would: the command of its image, on the plugin that is in it.
func runInit(t *testing.T, e *example, container corev1.Container, mounted map[string]string) {
	t.Helper()
	require.Equal(t, "registry.example/huaweiid-plugin:v0.1.0", container.Image)
	match := regexp.MustCompile(`(?m)^ENTRYPOINT (\[.*\])$`).FindStringSubmatch(e.read(t, "plugin.Dockerfile"))
	require.NotNil(t, match)
	var command []string
	require.NoError(t, json.Unmarshal([]byte(match[1]), &command))
	command = append(command, container.Args...)

	image := t.TempDir()
	module, err := proxy.Stage(image)
	require.NoError(t, err)
	places := []string{"/plugin/", filepath.Join(image, "plugins-local", "src", filepath.FromSlash(module)) + "/"}
	for _, mount := range container.VolumeMounts {
		places = append(places, mount.MountPath, mounted[mount.Name])
	}
	for n, word := range command {
		command[n] = strings.NewReplacer(places...).Replace(word)
	}
	output, err := exec.CommandContext(t.Context(), command[0], command[1:]...).CombinedOutput()
	require.NoError(t, err, "%v\n%s", command, output)
}

var entryPointAddress = regexp.MustCompile(`^(--entryPoints\.(\w+)\.address=):\d+/tcp$`)

// arguments are those that the chart has made, but for the addresses to listen at.
func (i *installation) arguments(t *testing.T, e *example) []string {
	t.Helper()
	require.Empty(t, i.container.Command, "the image's is Traefik")
	arguments := make([]string, len(i.container.Args))
	for n, argument := range i.container.Args {
		if match := entryPointAddress.FindStringSubmatch(argument); match != nil {
			address := free(t)
			if match[2] == "web" {
				address = e.addresses[webAddress]
			}
			argument = match[1] + address
		}
		arguments[n] = argument
	}
	return arguments
}

// start runs Traefik as the container would, until the test ends: in the container's root, where it looks for the plugin, and with
// the rights that its service account has in the cluster.
func (i *installation) start(t *testing.T, e *example, besides ...string) {
	t.Helper()
	require.Empty(t, i.container.WorkingDir, "the image's is /")
	require.True(t, *i.template.Spec.AutomountServiceAccountToken)
	kubeconfig := filepath.Join(t.TempDir(), "kubeconfig")
	i.cluster.writeKubeconfig(t, kubeconfig, i.token(t))
	t.Setenv("KUBECONFIG", kubeconfig)
	binary, err := proxy.Binary(t.Context(), os.Stderr)
	require.NoError(t, err)
	root := i.root(t, e)

	require.True(t, *i.container.SecurityContext.ReadOnlyRootFilesystem)
	before := contents(t, root)
	t.Cleanup(func() { assert.Equal(t, before, contents(t, root), "nothing can be written there") })
	run(t, root, binary, append(i.arguments(t, e), besides...)...)
}

// requireNoStartWithoutPlugin starts Traefik where the plugin is not.
func (i *installation) requireNoStartWithoutPlugin(t *testing.T, e *example) {
	t.Helper()
	binary, err := proxy.Binary(t.Context(), os.Stderr)
	require.NoError(t, err)
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	traefik := exec.CommandContext(ctx, binary, i.arguments(t, e)...)
	traefik.Dir = t.TempDir()
	output, err := traefik.CombinedOutput()
	require.NoError(t, ctx.Err(), "Traefik goes on without the plugin")
	require.Error(t, err)
	assert.Contains(t, string(output), "plugins-local/src/", "where Traefik looked")
}

// token is one of the pod's service account, as the kubelet would ask for.
func (i *installation) token(t *testing.T) string {
	t.Helper()
	request := authenticationv1.TokenRequest{TypeMeta: metav1.TypeMeta{APIVersion: "authentication.k8s.io/v1", Kind: "TokenRequest"}}
	path := fmt.Sprintf("/api/v1/namespaces/traefik/serviceaccounts/%s/token", i.template.Spec.ServiceAccountName)
	i.cluster.post(t, path, &request, &request)
	require.NotEmpty(t, request.Status.Token)
	return request.Status.Token
}
