internal import Foundation
package import ParleyBase
internal import ParleyEngine

/// How a session ended badly for one principal, under its signature, with everything that computing parties signed about
/// what they were going to open. Others check it without this principal's help (``EvidenceReview``).
///
/// The file is JSON with one spelling, like a receipt. It holds hashes, commitments and signatures, no share, no salt
/// and no result: it can be handed to anybody who may know that the study took place.
package struct Evidence: Sendable, Hashable, Codable {
  /// Who takes part, as the author knows it.
  package struct Principal: Sendable, Hashable, Codable {
    /// Place of the principal in the mesh.
    package var index: Int
    /// Name of the principal, as the study has it.
    package var name: String
    /// Public identity key, hexadecimal.
    package var identity: String
    /// Whether it is a computing party.
    package var isComputing: Bool
    /// A principal; see the properties.
    package init(index: Int, name: String, identity: String, isComputing: Bool) {
      self.index = index
      self.name = name
      self.identity = identity
      self.isComputing = isComputing
    }
  }
  /// A statement and its signature.
  package struct Signed: Sendable, Hashable, Codable {
    /// Canonical bytes of a ``Statement``, hexadecimal.
    package var statement: String
    /// Signature of the statement's maker, in hexadecimal.
    package var signature: String
  }
  /// What the author signs.
  package struct Body: Sendable, Hashable, Codable {
    /// Format of the file: ``Evidence/format``.
    package var format: String
    /// Session id, hexadecimal.
    package var session: String
    /// Hash of the study, hexadecimal.
    package var study: String
    /// Hash of the program, hexadecimal.
    package var program: String
    /// Which run of the study it was, hexadecimal.
    package var job: String
    /// The agreed attempt.
    package var attempt: UInt64
    /// Trial or run between machines.
    package var mode: Receipt.Mode
    /// As the author knows them; whoever reads the file takes them from the signed study.
    package var principals: [Principal]
    /// Who says this.
    package var author: Int
    /// When it was written: UTC, ISO 8601.
    package var time: String
    /// The last phase that was reached.
    package var phase: SessionPhase
    /// What was noticed, where, in words; nothing secret.
    package var code: String
    /// Message of the error, for people.
    package var message: String
    /// The step or the file, if there is one.
    package var place: String?
    /// One of these deviates, says the author; empty when a network may have caused the failure, or somebody else
    /// noticed it.
    package var accused: [Int]
    /// Signed statements of computing parties, the author included.
    package var statements: [Signed]
  }

  /// The first version of the file.
  package static let format = "parley-evidence/1"

  /// What is signed.
  package var body: Body
  /// Signature of the author, in hexadecimal.
  package var signature: String

  /// What the signature is over.
  package func signedBytes() throws(ParleyError) -> [UInt8] {
    var out = CanonicalWriter()
    out.write("parley/evidence/1")
    out.write(try CanonicalJSON.encode(body))
    return out.bytes
  }

  /// JSON in its one spelling, with a line feed at the end.
  package func fileBytes() throws(ParleyError) -> [UInt8] { try CanonicalJSON.encode(self, pretty: true) + [10] }

  /// Evidence with its signature, which is not checked here.
  package init(body: Body, signature: String) {
    self.body = body
    self.signature = signature
  }

  /// Reads a file and refuses any spelling but the canonical one, so that nothing unsigned can hide in it.
  package init(fileBytes: [UInt8], path: String? = nil) throws(ParleyError) {
    guard let evidence = try? JSONDecoder().decode(Evidence.self, from: Data(fileBytes)),
      try evidence.fileBytes() == fileBytes
    else { throw Self.refusal("this is not evidence as parley writes it", path) }
    self = evidence
  }

  /// Evidence of a file.
  ///
  /// - Throws: `data/evidence` for files that are none, or of another spelling.
  package init(readingFrom path: String) throws(ParleyError) {
    let bytes = try DurableFile.read(given: path, atMost: 64 << 20) { Self.refusal($0, path) }
    try self.init(fileBytes: bytes, path: path)
  }

  static func refusal(_ what: String, _ path: String? = nil) -> ParleyError {
    ParleyError(
      .init("data/evidence"), what, at: path.map { .init(file: $0) },
      remedy: "get the file from the state directory of a party that took part, unchanged")
  }
}

extension Attestation {
  /// Nil when there is nothing to show: nobody is accused and nothing was signed by others.
  func evidence(
    of error: ParleyError, after phase: SessionPhase, mode: Receipt.Mode, signing: StatementSigning
  ) throws(ParleyError) -> Evidence? {
    let suspects = Fault.suspects(of: error).filter { $0 != session.local }
    guard !suspects.isEmpty || hasHeard else { return nil }
    let description = session.description
    let body = Evidence.Body(
      format: Evidence.format, session: hexadecimal(session.id), study: hexadecimal(description.studyHash),
      program: hexadecimal(description.programHash), job: hexadecimal(description.jobID),
      attempt: description.attempt, mode: mode,
      principals: description.principals.map {
        .init(
          index: $0.index.rawValue, name: $0.name, identity: hexadecimal($0.identity),
          isComputing: description.isComputing($0.index))
      }, author: session.local.rawValue, time: Timestamp.now, phase: phase, code: error.code.rawValue,
      message: error.message, place: error.place?.item, accused: suspects.map(\.rawValue),
      statements: signed.map {
        .init(statement: hexadecimal($0.statement.encoded), signature: hexadecimal($0.signature))
      })
    var evidence = Evidence(body: body, signature: "")
    do { evidence.signature = hexadecimal(try signing.sign(try evidence.signedBytes())) } catch {
      throw error as? ParleyError
        ?? ParleyError(
          .init("identity/signing"), "the evidence could not be signed: \(error)",
          remedy: "check this party's identity key")
    }
    return evidence
  }
}
