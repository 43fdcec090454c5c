package main

import (
	"crypto/tls"
	"errors"
	"flag"
	"fmt"
	"io"

	"github.com/traefik-huaweiid/huaweiid/huaweisim"
)

// options say where to listen. An empty address is not listened on.
type options struct {
	http        string
	https       string
	certificate tls.Certificate // set with https
	events      string          // where revoking sends an account event to; "" = nowhere
}

// parseOptions reads the command line. It returns flag.ErrHelp after it has
// printed the help.
func parseOptions(args []string, stdout io.Writer) (options, error) {
	var o options
	var cert, key string
	flags := flag.NewFlagSet("huaweisim", flag.ContinueOnError)
	flags.SetOutput(io.Discard) // errors are returned, and help is ours
	flags.StringVar(&o.http, "http", "127.0.0.1:8900", "`address` to serve http on; \"\" for none")
	flags.StringVar(&o.https, "https", "", "`address` to serve https on; needs -cert and -key")
	flags.StringVar(&cert, "cert", "", "PEM `file` with the certificate for -https, intermediates after it")
	flags.StringVar(&key, "key", "", "PEM `file` with the private key of -cert")
	flags.StringVar(&o.events, "events", "", "`URL` that POST /sim/revoke sends an account event to, such as http://127.0.0.1:8000/huawei/events")

	err := flags.Parse(args)
	switch {
	case errors.Is(err, flag.ErrHelp):
		fmt.Fprint(stdout, "Usage of huaweisim:\n\n")
		flags.SetOutput(stdout)
		flags.PrintDefaults()
		fmt.Fprint(stdout, "\n", huaweisim.Help())
		return o, err
	case err != nil:
		return o, fmt.Errorf("%w; -help lists the flags", err)
	case flags.NArg() > 0:
		return o, fmt.Errorf("unexpected argument %q: everything is given by flags; -help lists them", flags.Arg(0))
	case o.http == "" && o.https == "":
		return o, errors.New("nothing to listen on: give -http or -https an address such as 127.0.0.1:8900")
	case o.https == "" && (cert != "" || key != ""):
		return o, errors.New("-cert and -key are for https: give -https an address such as 127.0.0.1:8943")
	case o.https != "" && (cert == "" || key == ""):
		return o, errors.New("-https needs a certificate: give both -cert and -key a PEM file")
	case o.https == "":
		return o, nil
	}
	o.certificate, err = tls.LoadX509KeyPair(cert, key)
	if err != nil {
		return o, fmt.Errorf("loading -cert %s and -key %s: %w; both have to be PEM and belong together", cert, key, err)
	}
	return o, nil
}
