// Stands in for the storage of a hosted server, which a test server on one machine does not use.
export class S3BlobStore {}
export class KmsKeypair {}
export class CloudfrontInvalidator {}
export class BunnyInvalidator {}
export class MultiImageInvalidator {}
