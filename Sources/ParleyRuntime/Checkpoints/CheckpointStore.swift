package import ParleyBase
internal import ParleyCrypto
internal import Synchronization

/// What `state.json` has of a run with barriers that is under way, or was interrupted.
struct CheckpointRecord: Codable, Hashable {
  /// A checkpoint that is on disk.
  struct Kept: Codable, Hashable {
    var barrier: Int
    /// Its id and the salt of its key, in hexadecimal.
    var id: String
    var salt: String
  }
  /// The session that has the run; no other one changes it.
  var session: String
  /// How many sessions have resumed it.
  var epoch: UInt64 = 0
  /// Ascending: the newest, and the one before it until all have said that they know of the newest everywhere.
  var kept: [Kept] = []
  /// The newest barrier that all have on disk, as far as this party was told.
  var marked: Int?

  var isPlausible: Bool {
    func isHash(_ text: String) -> Bool { bytes(hexadecimal: text)?.count == 32 }
    return isHash(session) && epoch <= UInt64(CheckpointStore.mostSessions) && kept.count <= 2
      && kept.allSatisfy { $0.barrier >= 0 && isHash($0.id) && isHash($0.salt) }
      && zip(kept, kept.dropFirst()).allSatisfy { $0.barrier < $1.barrier }
  }
}

/// The checkpoints of a party, in the folder `checkpoints` of its state directory (docs/protocols/checkpoints.md#at-rest).
///
/// The list of them is in `state.json`, with the attempt counter: whoever puts an older list back puts an older counter back, which
/// the other parties refuse. A file is on disk before the list names it; what the list does not name is removed. One object a directory.
package final class CheckpointStore: Sendable {
  /// Sessions that may resume one run; each gives a deviating party another try.
  package static let mostSessions = 16

  package let directory: StateDirectory
  private let files: any StoreFiles
  private let folder: String
  private let lock: any Sendable

  /// - Throws: `state/locked`, `state/permissions`, `state/io`.
  package init(_ directory: StateDirectory, files: any StoreFiles = LocalFiles()) throws(ParleyError) {
    self.directory = directory
    self.files = files
    folder = directory.path + "/checkpoints"
    lock = try files.lock(folder)
    let known = Set(directory.checkpoints.values.flatMap { $0.kept.map { Self.name($0.id) } })
    for name in try files.names(in: folder) where name != "lock" && !known.contains(name) { try remove(name) }
  }

  private static func name(_ id: String) -> String { id + ".sealed" }

  private func remove(_ name: String) throws(ParleyError) {
    try files.remove("\(folder)/\(name)")
    try files.syncFolder(folder)
  }

  /// The barriers of all runs of which checkpoints are kept.
  package var keptBarriers: [Int] { directory.checkpoints.values.flatMap { $0.kept.map(\.barrier) }.sorted() }

  /// Reads every checkpoint that is kept, and compares it with its entry.
  ///
  /// - Parameter party: whose directory this is in the runs that they are of.
  /// - Throws: `state/corrupt`.
  package func checkKept(as party: PartyIndex) throws(ParleyError) {
    for record in directory.checkpoints.values {
      for kept in record.kept {
        var shares = try read(kept, party: party).shares
        SecureMemory.zeroize(&shares)
      }
    }
  }

  func record(of job: [UInt8]) -> CheckpointRecord? { directory.checkpoints[hexadecimal(job)] }

  // MARK: Which session has the run

  /// - Throws: `state/busy` where another session of this process has it.
  func take(_ job: [UInt8]) throws(ParleyError) {
    guard directory.take(job: hexadecimal(job)) else {
      throw ParleyError(
        .stateBusy, "another session of this process runs the same program on the same study, with barriers",
        at: .init(file: directory.path), remedy: "wait until it has ended")
    }
  }
  func release(_ job: [UInt8]) { directory.release(job: hexadecimal(job)) }

  /// A run from its inputs: what was saved of another one is gone.
  func begin(_ job: [UInt8], session: [UInt8]) throws(ParleyError) {
    let before = record(of: job)
    try directory.changeCheckpoints(of: hexadecimal(job)) { (record) throws(ParleyError) in
      record = CheckpointRecord(session: hexadecimal(session))
    }
    for kept in before?.kept ?? [] { try remove(Self.name(kept.id)) }
  }

  /// The session resumes the run at a checkpoint that all parties have. Every other one is gone: nobody gives that one up before all
  /// have a later one.
  func claim(
    _ job: [UInt8], session: [UInt8], epoch: UInt64, at barrier: Int
  ) throws(ParleyError) {
    let before = record(of: job)
    try change(job, session: nil) { record in
      record?.session = hexadecimal(session)
      record?.epoch = epoch
      record?.kept.removeAll { $0.barrier != barrier }
      if let marked = record?.marked { record?.marked = min(marked, barrier) }
    }
    for kept in before?.kept ?? [] where kept.barrier != barrier { try remove(Self.name(kept.id)) }
  }

  /// Nothing of the run is resumed any more.
  func end(_ job: [UInt8], session: [UInt8]) throws(ParleyError) {
    let before = record(of: job)
    try change(job, session: session) { $0 = nil }
    for kept in before?.kept ?? [] { try remove(Self.name(kept.id)) }
  }

  private func change(
    _ job: [UInt8], session: [UInt8]?, _ body: (inout CheckpointRecord?) -> Void
  ) throws(ParleyError) {
    try directory.changeCheckpoints(of: hexadecimal(job)) { (entry) throws(ParleyError) in
      guard let record = entry, session.map({ hexadecimal($0) == record.session }) ?? true else {
        throw ParleyError(
          .stateBusy, "another session has resumed this run", at: .init(file: directory.path),
          remedy: "let that one go on")
      }
      body(&entry)
    }
  }

  // MARK: Saving

  /// On disk when it returns. The newest and the one before are kept until ``mark(_:session:barrier:)`` and
  /// ``forget(_:session:before:)``.
  func write(
    _ header: CheckpointHeader, _ shares: [UInt8], party: PartyIndex
  ) throws(ParleyError) {
    let id = header.id
    let salt = SecureRandom.bytes(SealedCheckpoint.saltBytes)
    let sealed = try SealedCheckpoint.seal(
      shares, header, key: directory.checkpointKey(id: id, salt: salt), party: party, directory: directory.stateID)
    try files.replace(Self.name(hexadecimal(id)), in: folder, with: sealed)
    try change(header.job, session: header.session) { record in
      record?.kept.append(.init(barrier: header.barrier, id: hexadecimal(id), salt: hexadecimal(salt)))
    }
  }

  /// All parties have this barrier on disk.
  func mark(_ job: [UInt8], session: [UInt8], barrier: Int) throws(ParleyError) {
    try change(job, session: session) { $0?.marked = barrier }
  }

  /// All parties know that.
  func forget(_ job: [UInt8], session: [UInt8], before barrier: Int) throws(ParleyError) {
    let old = record(of: job)?.kept.filter { $0.barrier < barrier } ?? []
    guard !old.isEmpty else { return }
    try change(job, session: session) { $0?.kept.removeAll { $0.barrier < barrier } }
    for kept in old { try remove(Self.name(kept.id)) }
  }

  /// - Throws: `state/corrupt` where the file is not the one that was written.
  func read(
    _ kept: CheckpointRecord.Kept, party: PartyIndex
  ) throws(ParleyError) -> (header: CheckpointHeader, shares: [UInt8]) {
    let path = "\(folder)/\(Self.name(kept.id))"
    guard let file = try files.read(path, atMost: 1 << 40), let id = bytes(hexadecimal: kept.id),
      let salt = bytes(hexadecimal: kept.salt)
    else {
      throw ParleyError(
        .stateCorrupt, "a checkpoint is missing that was written", at: .init(file: path),
        remedy: "put the file back, or start the run from its inputs again")
    }
    return try SealedCheckpoint.open(
      file, id: id, key: directory.checkpointKey(id: id, salt: salt), party: party,
      directory: directory.stateID, path: path)
  }
}

extension StateDirectory {
  /// By job, in hexadecimal.
  var checkpoints: [String: CheckpointRecord] { state.withLock { $0.body.checkpoints ?? [:] } }

  func changeCheckpoints(
    of job: String, _ body: (inout CheckpointRecord?) throws(ParleyError) -> Void
  ) throws(ParleyError) {
    try change { (state: inout Body) throws(ParleyError) in
      var record = state.checkpoints?[job]
      try body(&record)
      var all = state.checkpoints ?? [:]
      all[job] = record
      state.checkpoints = all.isEmpty ? nil : all
    }
  }

  /// False where another session of this process has the job.
  func take(job: String) -> Bool { state.withLock { $0.jobs.insert(job).inserted } }
  func release(job: String) { state.withLock { _ = $0.jobs.remove(job) } }

  /// 32 bytes that only this directory can derive.
  func checkpointKey(id: [UInt8], salt: [UInt8]) -> [UInt8] {
    var mac = Digest.Keyed("parley/checkpoint/key/1", key: secret)
    mac.update(id)
    mac.update(salt)
    return mac.finish()
  }
}
