//go:build cloud

package main

import _ "premlp/collect/jobs/store/cloud" // s3://, gs://, azblob://
