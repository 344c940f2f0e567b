package main

import (
	"bytes"
	"crypto/rsa"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"fmt"
	"hash"
	"strings"

	"github.com/lestrrat-go/jwx/v2/jwk"
	"software.sslmate.com/src/go-pkcs12"
)

const (
	typeCertificate = "CERTIFICATE"
	typePrivateKey  = "PRIVATE KEY"
	typePublicKey   = "PUBLIC KEY"
)

func encodePEM(kind string, der []byte) string {
	return string(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}))
}

// fromBegin drops what stands before the first block.
func fromBegin(text string) string {
	if at := strings.Index(text, "-----BEGIN"); at > 0 {
		return text[at:]
	}
	return text
}

func filterPEM(kind, text string) (string, error) {
	var kept []byte
	block, rest := pem.Decode([]byte(fromBegin(text)))
	for ; block != nil; block, rest = pem.Decode(rest) {
		if !strings.EqualFold(block.Type, kind) {
			continue
		}
		encoded := bytes.Buffer{}
		if err := pem.Encode(&encoded, block); err != nil {
			return "", err
		}
		kept = append(kept, encoded.Bytes()...)
	}
	if len(kept) == 0 && len(rest) > 0 {
		return "", errors.New("error filtering pem: found junk")
	}
	return string(kept), nil
}

func certSANs(text string) ([]string, error) {
	block, _ := pem.Decode([]byte(fromBegin(text)))
	if block == nil {
		return nil, errors.New("failed to decode PEM block")
	}
	cert, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		return nil, fmt.Errorf("failed to parse certificate: %w", err)
	}
	names := append([]string{}, cert.DNSNames...)
	for _, ip := range cert.IPAddresses {
		names = append(names, ip.String())
	}
	names = append(names, cert.EmailAddresses...)
	for _, uri := range cert.URIs {
		names = append(names, uri.String())
	}
	return names, nil
}

func filterCertChain(kind, text string) (string, error) {
	chain, err := orderedChain([]byte(text))
	if err != nil {
		return "", err
	}
	out, last := "", chain[len(chain)-1]
	switch {
	case kind == "leaf" && !isRoot(chain[0]):
		out = encodePEM(typeCertificate, chain[0].Raw)
	case kind == "root" && isRoot(last):
		out = encodePEM(typeCertificate, last.Raw)
	case kind == "intermediate":
		for _, cert := range chain[1:] {
			if isRoot(cert) {
				break
			}
			out += encodePEM(typeCertificate, cert.Raw)
		}
	}
	return out, nil
}

func isRoot(cert *x509.Certificate) bool {
	return cert.AuthorityKeyId == nil || bytes.Equal(cert.AuthorityKeyId, cert.SubjectKeyId)
}

// orderedChain reads all certificates and follows key identifiers from the one that signed none.
func orderedChain(text []byte) ([]*x509.Certificate, error) {
	var certs []*x509.Certificate
	for block, rest := pem.Decode(text); block != nil; block, rest = pem.Decode(rest) {
		cert, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return nil, err
		}
		certs = append(certs, cert)
	}
	parent, signed := make([]int, len(certs)), make([]bool, len(certs))
	for i := range certs {
		parent[i] = issuerOf(certs, i)
		if parent[i] >= 0 {
			signed[parent[i]] = true
		}
	}
	leaf := -1
	for i := range certs {
		if signed[i] {
			continue
		}
		if leaf >= 0 {
			return nil, errors.New("found multiple leaf or disjunct certificates")
		}
		leaf = i
	}
	if leaf < 0 {
		return nil, errors.New("no leaf certificate found")
	}
	var chain []*x509.Certificate
	for at := leaf; at >= 0; at = parent[at] {
		if len(chain) == len(certs) {
			return nil, errors.New("constructing chain resulted in cycle")
		}
		chain = append(chain, certs[at])
	}
	return chain, nil
}

// issuerOf is the first other certificate whose key identifier certs[i] names; -1 for none.
func issuerOf(certs []*x509.Certificate, i int) int {
	for j, other := range certs {
		if i != j && bytes.Equal(certs[i].AuthorityKeyId, other.SubjectKeyId) {
			return j
		}
	}
	return -1
}

func readPrivateKey(der []byte) (any, error) {
	if key, err := x509.ParsePKCS1PrivateKey(der); err == nil {
		return key, nil
	}
	if key, err := x509.ParsePKCS8PrivateKey(der); err == nil {
		return key, nil
	}
	if key, err := x509.ParseECPrivateKey(der); err == nil {
		return key, nil
	}
	return nil, errors.New("unable to parse private key type")
}

func rsaDecrypt(scheme, hashName, text, keyPEM string) (string, error) {
	switch scheme {
	case "None":
		return text, nil
	case "RSA-OAEP":
	default:
		return "", fmt.Errorf("decryption scheme %v is not supported", scheme)
	}
	block, _ := pem.Decode([]byte(keyPEM))
	if block == nil {
		return "", errors.New("failed to decode PEM block")
	}
	key, err := readPrivateKey(block.Bytes)
	if err != nil {
		return "", fmt.Errorf("could not parse private key: %w", err)
	}
	rsaKey, ok := key.(*rsa.PrivateKey)
	if !ok {
		return "", errors.New("could not parse RSA private key")
	}
	out, err := rsa.DecryptOAEP(newHash(hashName), nil, rsaKey, []byte(text), nil)
	if err != nil {
		return "", fmt.Errorf("error decrypting data with RSA: %w", err)
	}
	return string(out), nil
}

func newHash(name string) hash.Hash {
	switch name {
	case "SHA1":
		return sha1.New()
	case "SHA512":
		return sha512.New()
	}
	return sha256.New()
}

// rawJWK is the key that a JSON Web Key describes, as package crypto has it.
func rawJWK(text string) (any, error) {
	key, err := jwk.ParseKey([]byte(text))
	if err != nil {
		return nil, err
	}
	var raw any
	err = key.Raw(&raw)
	return raw, err
}

func jwkPublicKeyPem(text string) (string, error) {
	raw, err := rawJWK(text)
	if err != nil {
		return "", err
	}
	der, err := x509.MarshalPKIXPublicKey(raw)
	if err != nil {
		return "", err
	}
	return encodePEM(typePublicKey, der), nil
}

func jwkPrivateKeyPem(text string) (string, error) {
	raw, err := rawJWK(text)
	if err != nil {
		return "", err
	}
	der, err := x509.MarshalPKCS8PrivateKey(raw)
	if err != nil {
		return "", err
	}
	return encodePEM(typePrivateKey, der), nil
}

func pkcs12KeyPass(password, archive string) (string, error) {
	key, _, _, err := pkcs12.DecodeChain([]byte(archive), password)
	if err != nil {
		return "", fmt.Errorf("unable to decode pkcs12 with password: %w", err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return "", err
	}
	return encodePEM(typePrivateKey, der), nil
}

func pkcs12CertPass(password, archive string) (string, error) {
	_, first, others, err := pkcs12.DecodeChain([]byte(archive), password)
	if err != nil {
		return "", fmt.Errorf("unable to decode pkcs12 certificate with password: %w", err)
	}
	stored := append([]*x509.Certificate{first}, others...)
	if chain, err := orderedChain([]byte(encodeAll(stored))); err == nil {
		stored = chain
	}
	return encodeAll(stored), nil
}

func encodeAll(certs []*x509.Certificate) string {
	out := ""
	for _, cert := range certs {
		out += encodePEM(typeCertificate, cert.Raw)
	}
	return out
}

// The next three read the bytes of a block that is absent when the text is no PEM; the panic that
// follows is what External Secrets shows as well.

func pemToPkcs12Pass(cert, key, password string) (string, error) {
	block, _ := pem.Decode([]byte(cert))
	parsed, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		return "", err
	}
	return encodePkcs12(parsed, key, nil, password)
}

func fullPemToPkcs12Pass(cert, key, password string) (string, error) {
	block, rest := pem.Decode([]byte(cert))
	parsed, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		return "", err
	}
	others, err := readCerts(rest)
	if err != nil {
		return "", err
	}
	return encodePkcs12(parsed, key, others, password)
}

func readCerts(text []byte) ([]*x509.Certificate, error) {
	certs := []*x509.Certificate{}
	for len(text) > 0 {
		var block *pem.Block
		block, text = pem.Decode(text)
		cert, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return nil, err
		}
		certs = append(certs, cert)
	}
	return certs, nil
}

func encodePkcs12(cert *x509.Certificate, key string, others []*x509.Certificate,
	password string) (string, error) {
	block, _ := pem.Decode([]byte(key))
	parsed, err := readPrivateKey(block.Bytes)
	if err != nil {
		return "", err
	}
	archive, err := pkcs12.Modern.Encode(parsed, cert, others, password)
	return base64.StdEncoding.EncodeToString(archive), err
}

func truststorePass(text, password string) (string, error) {
	certs, err := readCerts([]byte(text))
	if err != nil {
		return "", err
	}
	archive, err := pkcs12.Modern.EncodeTrustStore(certs, password)
	return base64.StdEncoding.EncodeToString(archive), err
}
