internal import Crypto
internal import ParleyBase

/// What links are opened for: parties of another study or another run are told apart before anything is sent.
package enum SessionName {
  /// 32 bytes, equal for equal studies and jobs.
  package static func hash(_ studyHash: [UInt8], _ job: [UInt8]) -> [UInt8] {
    var writer = CanonicalWriter()
    writer.write("parley session name 1")
    writer.write(studyHash)
    writer.write(job)
    return Array(SHA256.hash(data: writer.bytes))
  }
}
