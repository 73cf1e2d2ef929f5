/**
 * Certificates and keys for tests of TLS, made for nothing else and trusted by nobody: a CA that is thrown away, a server's
 * (localhost, 127.0.0.1, carrier.test, sqs.test, token.test) and a client's signed by it, and one that signed itself. Valid for 100 years. Made by
 *
 *     openssl ecparam -name prime256v1 -genkey -noout | openssl pkcs8 -topk8 -nocrypt > ca.key   # and so for each key
 *     openssl req -x509 -key ca.key -days 36500 -subj '/CN=Waybill test CA' -out ca.pem          # and so the stranger's
 *     openssl req -new -key server.key -subj '/CN=Waybill test server' |
 *       openssl x509 -req -CA ca.pem -CAkey ca.key -CAcreateserial -days 36500 -out server.pem \
 *         -extfile <(printf 'subjectAltName=DNS:localhost,DNS:carrier.test,DNS:sqs.test,DNS:token.test,IP:127.0.0.1')
 */
export const testCa = `-----BEGIN CERTIFICATE-----
MIIBijCCATGgAwIBAgIUXvAgEegDdpJybfPd83hPCj5mdLcwCgYIKoZIzj0EAwIw
GjEYMBYGA1UEAwwPV2F5YmlsbCB0ZXN0IENBMCAXDTI2MTEyOTA5NDYxMVoYDzIx
MjYxMTA1MDk0NjExWjAaMRgwFgYDVQQDDA9XYXliaWxsIHRlc3QgQ0EwWTATBgcq
hkjOPQIBBggqhkjOPQMBBwNCAASYuXlMCqHiK9BVGQDjTleTDuGBYaahkwATRW0d
z570WlJ9W1mk39PUHtmcBhUPCJSKkEhcQuKneKjlsCccPZ4Po1MwUTAdBgNVHQ4E
FgQUl509Qi2Ci7DHIpFdL0FBEWYFmfkwHwYDVR0jBBgwFoAUl509Qi2Ci7DHIpFd
L0FBEWYFmfkwDwYDVR0TAQH/BAUwAwEB/zAKBggqhkjOPQQDAgNHADBEAiAZ/rC6
D5f0/Rv7NY4GIeN5YGUdOJH0/rIOl19uEXhRdAIgXFa7Tk3qRK+Gqv43Vn/05R7T
eUDcfknTbTD/CJOEC0Y=
-----END CERTIFICATE-----
`;

export const testServer = {
  certificate: `-----BEGIN CERTIFICATE-----
MIIBwDCCAWagAwIBAgIUIg8rFDeoGKRfrSbu25OISw3he5MwCgYIKoZIzj0EAwIw
GjEYMBYGA1UEAwwPV2F5YmlsbCB0ZXN0IENBMCAXDTI2MTEyOTA5NDYxMloYDzIx
MjYxMTA1MDk0NjEyWjAeMRwwGgYDVQQDDBNXYXliaWxsIHRlc3Qgc2VydmVyMFkw
EwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEBxFL78dYmHSB9q8g2FZ+Am6Lp9V5DY2W
e0lrG88VoeKSURmnIXjc52CW46dFq70/Xp78o9Ev9N3nQ8rZ9FWIK6OBgzCBgDA+
BgNVHREENzA1gglsb2NhbGhvc3SCDGNhcnJpZXIudGVzdIIIc3FzLnRlc3SCCnRv
a2VuLnRlc3SHBH8AAAEwHQYDVR0OBBYEFNfdrTcet3PFKKgp0L9Go/XJlTbTMB8G
A1UdIwQYMBaAFJedPUItgouwxyKRXS9BQRFmBZn5MAoGCCqGSM49BAMCA0gAMEUC
IQDchzBpQEglUYVUiZIWpPT5x0Ckr1vJr6J0D9L1jNBNYQIgEWTNKmIfGw0zm5Kb
jRKVmX902N7r5OA5ZHCP9xk4/sU=
-----END CERTIFICATE-----
`,
  privateKey: `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgRYsuyQrlVKnEwYO9
b1OsPPWiRS7LbLRFYe7cYBJqSBihRANCAAQHEUvvx1iYdIH2ryDYVn4Cboun1XkN
jZZ7SWsbzxWh4pJRGacheNznYJbjp0WrvT9envyj0S/03edDytn0VYgr
-----END PRIVATE KEY-----
`,
};

export const testClient = {
  certificate: `-----BEGIN CERTIFICATE-----
MIIBwDCCAWagAwIBAgIUIg8rFDeoGKRfrSbu25OISw3he5QwCgYIKoZIzj0EAwIw
GjEYMBYGA1UEAwwPV2F5YmlsbCB0ZXN0IENBMCAXDTI2MTEyOTA5NDYxMloYDzIx
MjYxMTA1MDk0NjEyWjAeMRwwGgYDVQQDDBNXYXliaWxsIHRlc3QgY2xpZW50MFkw
EwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEnbfN4helmJ6W4WwIf7RlDThSHLKjIqoY
9YIqUnooe+hkf/tEPD1+FuGXCC7yOJtQgw/RgOakIRg+ZFje55+m3KOBgzCBgDA+
BgNVHREENzA1gglsb2NhbGhvc3SCDGNhcnJpZXIudGVzdIIIc3FzLnRlc3SCCnRv
a2VuLnRlc3SHBH8AAAEwHQYDVR0OBBYEFBhhsqoLG7oVAaZYiEuXYYyT/41aMB8G
A1UdIwQYMBaAFJedPUItgouwxyKRXS9BQRFmBZn5MAoGCCqGSM49BAMCA0gAMEUC
IQCj8l9WCtBcxR7Tggz9qFiM3fqGeJAjzEtVNhS4eyJWGAIgcJHZcYpjdgb7dysv
5au6TLy+C53owcQtpj2FWN31r90=
-----END CERTIFICATE-----
`,
  privateKey: `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgpKFUzqGGEXs1MaLE
oZ23XqbKz+IGVFQ7yj0kPWYQH3ihRANCAASdt83iF6WYnpbhbAh/tGUNOFIcsqMi
qhj1gipSeih76GR/+0Q8PX4W4ZcILvI4m1CDD9GA5qQhGD5kWN7nn6bc
-----END PRIVATE KEY-----
`,
};

export const testStranger = {
  certificate: `-----BEGIN CERTIFICATE-----
MIIBmDCCAT2gAwIBAgIUGqXDKZjDaYdn/Dash/a7HbvOv3wwCgYIKoZIzj0EAwIw
IDEeMBwGA1UEAwwVV2F5YmlsbCB0ZXN0IHN0cmFuZ2VyMCAXDTI2MTEyOTA5NDYx
MloYDzIxMjYxMTA1MDk0NjEyWjAgMR4wHAYDVQQDDBVXYXliaWxsIHRlc3Qgc3Ry
YW5nZXIwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAAQT7WwsPyyoNZv/6FPD2SRu
CcM5TxBJomYtvdDWvp3q0fN1OmYSGbnkRqsCdT86MAtJnKnJbHvno7emZCycXOYn
o1MwUTAdBgNVHQ4EFgQUBdBzreXlkj+AQh2nlD7a4ukabngwHwYDVR0jBBgwFoAU
BdBzreXlkj+AQh2nlD7a4ukabngwDwYDVR0TAQH/BAUwAwEB/zAKBggqhkjOPQQD
AgNJADBGAiEAsymWp5xD++DWWg9+wpkozmNLHFSlKGIpKKMeeVRPusgCIQCMBYdg
WtW4YQtNA0SFgE+vBWHEqf9NxHVWhJH9Cz2JhQ==
-----END CERTIFICATE-----
`,
  privateKey: `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgOy6V4R4teFAsbRV0
gvVgT/wFCUv3K6AQS9NyhTqDMu+hRANCAAQT7WwsPyyoNZv/6FPD2SRuCcM5TxBJ
omYtvdDWvp3q0fN1OmYSGbnkRqsCdT86MAtJnKnJbHvno7emZCycXOYn
-----END PRIVATE KEY-----
`,
};
