package main

import (
	"crypto/sha1"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"io"
	"maps"
	"reflect"
	"slices"
	"strings"
	"text/template"

	"github.com/Masterminds/sprig/v3"
	"sigs.k8s.io/yaml"
)

// functions is what External Secrets 2.9 offers: sprig's, without the three that look at the
// machine, and its own. The latter are written here from their documented behaviour.
func functions() template.FuncMap {
	all := sprig.TxtFuncMap()
	for _, name := range []string{"env", "expandenv", "getHostByName"} {
		delete(all, name)
	}
	maps.Copy(all, template.FuncMap{
		"hexdec":           hexdec,
		"htpasswd":         htpasswd,
		"toYaml":           toYaml,
		"fromYaml":         fromYaml,
		"filterPEM":        filterPEM,
		"filterCertChain":  filterCertChain,
		"certSANs":         certSANs,
		"rsaDecrypt":       rsaDecrypt,
		"jwkPublicKeyPem":  jwkPublicKeyPem,
		"jwkPrivateKeyPem": jwkPrivateKeyPem,
		"pkcs12key": func(in string) (string, error) {
			return pkcs12KeyPass("",
				in)
		},
		"pkcs12keyPass": pkcs12KeyPass,
		"pkcs12cert": func(in string) (string, error) {
			return pkcs12CertPass("",
				in)
		},
		"pkcs12certPass": pkcs12CertPass,
		"pemToPkcs12": func(c, k string) (string, error) {
			return pemToPkcs12Pass(c,
				k, "")
		},
		"pemToPkcs12Pass": pemToPkcs12Pass,
		"fullPemToPkcs12": func(c, k string) (string,
			error) {
			return fullPemToPkcs12Pass(c, k, "")
		},
		"fullPemToPkcs12Pass": fullPemToPkcs12Pass,
		"pemTruststoreToPKCS12": func(c string) (string, error) {
			return truststorePass(c,
				"")
		},
		"pemTruststoreToPKCS12Pass": truststorePass,
	})
	return all
}

func hexdec(text string) string {
	out, err := hex.DecodeString(text)
	if err != nil {
		return err.Error()
	}
	return string(out)
}

// hashName is a type of its own: a template may give it as a literal only.
type hashName string

func htpasswd(user, password string, hash hashName) string {
	if strings.Contains(user, ":") {
		return "invalid username: " + user
	}
	if hash == "sha" {
		sum := sha1.Sum([]byte(password))
		return user + ":{SHA}" + base64.StdEncoding.EncodeToString(sum[:])
	}
	bcrypt := sprig.TxtFuncMap()["bcrypt"].(func(string) string)
	return user + ":" + bcrypt(password)
}

func toYaml(value any) string {
	out, err := yaml.Marshal(value)
	if err != nil {
		return ""
	}
	return strings.TrimSuffix(string(out), "\n")
}

func fromYaml(text string) map[string]any {
	out := map[string]any{}
	if err := yaml.Unmarshal([]byte(text), &out); err != nil {
		out["Error"] = err.Error()
	}
	return out
}

// printFunctions lists each name with its Go type, for the tables that tests keep.
func printFunctions(out io.Writer) error {
	all := functions()
	for _, name := range slices.Sorted(maps.Keys(all)) {
		if _, err := fmt.Fprintf(out, "%s\t%s\n", name, reflect.TypeOf(all[name])); err != nil {
			return err
		}
	}
	return nil
}
