// Package cloud lets package store open buckets of clouds: S3 and what speaks its
// protocol (s3://), Google's (gs://) and Azure's (azblob://). It does so in
// programs built with the tag cloud alone, since the drivers are large.
package cloud
