package huaweiid

import (
	"io"
	"net/http"
	"strconv"
	"strings"
)

// Metrics as Prometheus's text format 0.0.4. Its own library needs protobuf and unsafe, which do not run here; the tests read
// what is written with it.

// metricPrefix is what all names begin with.
const metricPrefix = "huaweiid_"

const textFormat = "text/plain; version=0.0.4; charset=utf-8"

// besideMetrics returns the way of all requests but those for the metrics, which this instance answers. They are stripped as
// account events are.
func (p *plugin) besideMetrics(others http.HandlerFunc) http.HandlerFunc {
	path := p.settings.metricsPath
	return func(rw http.ResponseWriter, req *http.Request) {
		if req.URL.Path == path {
			stripAndTell(p, req.Header)
			serveMetrics(rw, req)
			return
		}
		others(rw, req)
	}
}

func serveMetrics(rw http.ResponseWriter, req *http.Request) {
	h := rw.Header()
	h.Set("Cache-Control", "no-store")
	if req.Method != http.MethodGet {
		h.Set("Allow", http.MethodGet)
		rw.WriteHeader(http.StatusMethodNotAllowed)
		return
	}
	text := metricsText(processMetrics.families())
	h.Set("Content-Type", textFormat)
	h.Set("Content-Length", strconv.Itoa(len(text)))
	rw.WriteHeader(http.StatusOK)
	_, _ = io.WriteString(rw, text)
}

// metricsText writes metrics. One without a sample is left out, with its help.
func metricsText(families []family) string {
	var b strings.Builder
	for _, f := range families {
		if len(f.samples) == 0 {
			continue
		}
		name := metricPrefix + f.name
		b.WriteString("# HELP " + name + " " + f.help + "\n# TYPE " + name + " " + f.kind + "\n")
		for _, s := range f.samples {
			b.WriteString(name + s.suffix + labelsText(s.labels) + " " + figure(s.value) + "\n")
		}
	}
	return b.String()
}

// labelValue escapes what the format wants escaped.
var labelValue = strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`)

func labelsText(labels []string) string {
	if len(labels) == 0 {
		return ""
	}
	var pairs []string
	for i := 0; i < len(labels); i += 2 {
		pairs = append(pairs, labels[i]+`="`+labelValue.Replace(strings.ToValidUTF8(labels[i+1], "_"))+`"`)
	}
	return "{" + strings.Join(pairs, ",") + "}"
}

// figure writes a number as Prometheus reads it.
func figure(value float64) string { return strconv.FormatFloat(value, 'g', -1, 64) }
