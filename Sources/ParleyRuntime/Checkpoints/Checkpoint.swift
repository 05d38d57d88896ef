internal import Crypto
internal import Foundation
internal import ParleyBase
internal import ParleyProgram

/// What is public of a checkpoint, equal at all computing parties: which run it belongs to, where in the program it is, and which
/// registers it has. Its hash is the checkpoint's id.
struct CheckpointHeader: Hashable {
  /// ``CheckpointSession/job(of:)``: study, program, protocol, parties, sizes, barriers.
  var job: [UInt8]
  var study: [UInt8]
  var program: [UInt8]
  /// Name of the protocol, adversary included.
  var engine: String
  var format: [UInt8]
  /// Identity keys of the computing parties, by index.
  var roster: [[UInt8]]
  /// Of the session that saved it.
  var session: [UInt8]
  /// How many sessions had resumed the run before that one.
  var epoch: UInt64
  /// Number of the barrier in the program.
  var barrier: Int
  var point: BarrierPlan.Point
  var arith: [SavedRegisters.Vector]
  var planes: [SavedRegisters.Vector]

  static let limit = 1 << 28

  var encoded: [UInt8] {
    var out = CanonicalWriter()
    for field in [job, study, program] { out.write(field) }
    out.write(engine)
    out.write(format)
    out.write(list: roster) { $0.write($1) }
    out.write(session)
    out.write(epoch)
    out.write(UInt64(barrier))
    out.write(UInt64(point.round))
    out.write(point.loop != nil)
    out.write(UInt64(point.loop?.instruction ?? 0))
    out.write(UInt64(point.loop?.passes ?? 0))
    for vectors in [arith, planes] {
      out.write(list: vectors) { out, vector in
        out.write(UInt64(vector.register))
        out.write(UInt64(vector.count))
      }
    }
    return out.bytes
  }

  static func decode(_ bytes: [UInt8]) throws(ParleyError) -> CheckpointHeader {
    var reader = CanonicalReader(bytes)
    let most = 1 << 48
    let (job, study, program) = (
      try reader.readBytes(atMost: 32), try reader.readBytes(atMost: 32), try reader.readBytes(atMost: 32)
    )
    let engine = try reader.readString(atMost: 256)
    let format = try reader.readBytes(atMost: 256)
    var roster: [[UInt8]] = []
    for _ in 0..<(try reader.readCount(atMost: 256)) { roster.append(try reader.readBytes(atMost: 1 << 16)) }
    let session = try reader.readBytes(atMost: 32)
    let epoch: UInt64 = try reader.read()
    let barrier = try reader.readCount(atMost: most)
    let round = try reader.readCount(atMost: most)
    let isInLoop = try reader.readBool()
    let (instruction, passes) = (try reader.readCount(atMost: most), try reader.readCount(atMost: most))
    func vectors(_ reader: inout CanonicalReader) throws(ParleyError) -> [SavedRegisters.Vector] {
      var list: [SavedRegisters.Vector] = []
      for _ in 0..<(try reader.readCount(atMost: bytes.count / 16)) {
        list.append(
          .init(register: try reader.readCount(atMost: most), count: try reader.readCount(atMost: most)))
      }
      return list
    }
    let arith = try vectors(&reader)
    let planes = try vectors(&reader)
    try reader.finish()
    return CheckpointHeader(
      job: job, study: study, program: program, engine: engine, format: format, roster: roster, session: session,
      epoch: epoch, barrier: barrier,
      point: .init(round: round, loop: isInLoop ? .init(instruction: instruction, passes: passes) : nil),
      arith: arith, planes: planes)
  }

  var id: [UInt8] { Digest.sha256("parley/checkpoint/1", [encoded]) }
}

/// A checkpoint as one party's file: a header, and this party's shares, encrypted and bound to it.
///
/// ```
/// "parley-checkpoint-1" ‖ header ‖ AES-256-GCM(key, nonce, shares; header, party, state directory)
/// ```
///
/// The key follows from the secret of the state directory and a salt that only `state.json` has, so that a file opens nowhere else,
/// and never again once its entry is gone. Every file has a key of its own.
struct SealedCheckpoint {
  static let magic = Array("parley-checkpoint-1\n".utf8)
  static let saltBytes = 32

  static func seal(
    _ shares: [UInt8], _ header: CheckpointHeader, key: [UInt8], party: PartyIndex, directory: [UInt8]
  ) throws(ParleyError) -> [UInt8] {
    var out = CanonicalWriter()
    out.write(header.encoded)
    do {
      let box = try AES.GCM.seal(
        shares, using: SymmetricKey(data: key), authenticating: bound(header.encoded, party, directory))
      guard let sealed = box.combined else { throw CryptoKitError.incorrectParameterSize }
      return magic + out.bytes + sealed
    } catch { throw ParleyError(.invariant, "a checkpoint could not be encrypted: \(error)") }
  }

  /// - Throws: `state/corrupt` for anything but what was sealed with this key, by this party and directory, as the checkpoint of that id.
  static func open(
    _ file: [UInt8], id: [UInt8], key: [UInt8], party: PartyIndex, directory: [UInt8], path: String
  ) throws(ParleyError) -> (header: CheckpointHeader, shares: [UInt8]) {
    func refused(_ what: String) -> ParleyError {
      ParleyError(
        .stateCorrupt, "the checkpoint \(what)", at: .init(file: path),
        remedy: "start the run from its inputs again; never put another file in its place")
    }
    let start = magic.count + 8
    guard file.starts(with: magic), file.count >= start else { throw refused("is no file of a checkpoint") }
    var reader = CanonicalReader(Array(file[magic.count..<start]))
    guard let size = try? reader.readCount(atMost: min(CheckpointHeader.limit, file.count - start)),
      case let encoded = Array(file[start..<start + size]),
      let header = try? CheckpointHeader.decode(encoded)
    else { throw refused("is damaged") }
    guard header.id == id else { throw refused("is another one than was written here last") }
    do {
      let box = try AES.GCM.SealedBox(combined: file[(start + size)...])
      let shares = try AES.GCM.open(
        box, using: SymmetricKey(data: key), authenticating: bound(encoded, party, directory))
      return (header, Array(shares))
    } catch {
      throw refused("was changed, or belongs to another party or state directory")
    }
  }

  private static func bound(_ header: [UInt8], _ party: PartyIndex, _ directory: [UInt8]) -> [UInt8] {
    var out = CanonicalWriter()
    out.write("parley/checkpoint/file/1")
    out.write(header)
    out.write(UInt32(party.rawValue))
    out.write(directory)
    return out.bytes
  }
}
