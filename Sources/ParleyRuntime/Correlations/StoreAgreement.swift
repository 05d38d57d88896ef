internal import ParleyBase
internal import ParleyNetwork
internal import ParleyProgram

/// What a party says of its store at the beginning of a session, and of the store of whom it says it to.
struct StoreHello: Hashable {
  var store: [UInt8]
  /// Raised durably before it was said.
  var counter: UInt64
  var lot: [UInt8]
  var marks: [Int]
  var seen: CorrelationStore.Seen?

  static let limit = 1 << 20

  var encoded: [UInt8] {
    var out = CanonicalWriter()
    out.write(store)
    out.write(counter)
    out.write(lot)
    out.write(list: marks) { $0.write(UInt64($1)) }
    out.write(seen != nil)
    if let seen {
      out.write(seen.store)
      out.write(seen.counter)
      out.write(list: seen.marks) { $0.write(UInt64($1)) }
    }
    return out.bytes
  }

  static func decode(_ bytes: [UInt8]) throws(ParleyError) -> StoreHello {
    var reader = CanonicalReader(bytes)
    func marks(_ reader: inout CanonicalReader) throws(ParleyError) -> [Int] {
      var marks: [Int] = []
      for _ in 0..<(try reader.readCount(atMost: bytes.count / 8)) {
        marks.append(try reader.readCount(atMost: 1 << 40))
      }
      return marks
    }
    var hello = StoreHello(
      store: try reader.readBytes(atMost: 32), counter: try reader.read(), lot: try reader.readBytes(atMost: 32),
      marks: try marks(&reader))
    if try reader.readBool() {
      hello.seen = .init(
        store: try reader.readString(atMost: 64), counter: try reader.read(), marks: try marks(&reader))
    }
    try reader.finish()
    guard hello.store.count == 32, hello.counter < 1 << 48 else {
      throw ParleyError(.protocolViolation, "malformed message: the state of no store")
    }
    return hello
  }
}

/// Agrees with the other parties on the blocks that a session takes: the first thing that crosses a link of it after the handshake.
///
/// | flight | from | to | content |
/// |--:|---|---|---|
/// | 1 | every party | every other | ``StoreHello`` |
/// | 2 | every party | every other | hash of the agreement, when the marks above its blocks are durable |
///
/// Both are control messages.
struct StoreAgreement {
  let store: CorrelationStore
  let mesh: any MessageLinks
  /// Identity keys of the other parties.
  let peers: [PartyIndex: [UInt8]]
  var order: [PartyIndex] { peers.keys.sorted() }

  /// - Returns: by part of the lot, the first block that this session takes. The marks are above all of them.
  func run(_ demand: CorrelationDemand) throws(ParleyError) -> [Int] {
    let body = try store.change { (body) throws(ParleyError) in
      body.counter += 1
      return body
    }
    guard let lot = body.lot else { throw usedUp("the store of correlations is empty") }
    let hellos = try exchangeHellos(body, lot)
    for peer in order {
      guard let hello = hellos[peer] else { continue }
      try check(hello, of: peer, body, lot)
    }
    var starts = lot.parts.map(\.mark)
    for hello in hellos.values { starts = zip(starts, hello.marks).map { max($0, $1) } }
    let ends = try ends(of: demand, from: starts, lot)
    try store.change { (body) throws(ParleyError) in
      for index in starts.indices { body.lot?.parts[index].mark = ends[index] }
      for (peer, hello) in hellos {
        body.peers[name(peer)] = .init(store: hexadecimal(hello.store), counter: hello.counter, marks: hello.marks)
      }
    }
    try confirm(body, hellos, starts, ends)
    // The others have said that their marks are there: nothing below is ever to be heard of them again.
    try store.change { (body) throws(ParleyError) in
      for peer in order { body.peers[name(peer)]?.marks = ends }
    }
    return starts
  }

  private func name(_ peer: PartyIndex) -> String { CorrelationStore.key(peers[peer] ?? []) }

  private func exchangeHellos(
    _ body: CorrelationStore.Body, _ lot: CorrelationLot
  ) throws(ParleyError) -> [PartyIndex: StoreHello] {
    let own = StoreHello(
      store: bytes(hexadecimal: body.id) ?? [], counter: body.counter, lot: lot.digest,
      marks: lot.parts.map(\.mark))
    for peer in order {
      var hello = own
      hello.seen = body.peers[name(peer)]
      try mesh.send(step: ControlStep.storeHello, to: peer, bytes: hello.encoded)
    }
    try mesh.flush()
    var hellos: [PartyIndex: StoreHello] = [:]
    for peer in order {
      let bytes = try mesh.receiveControl(step: ControlStep.storeHello, from: peer, atMost: StoreHello.limit)
      do throws(ParleyError) {
        hellos[peer] = try StoreHello.decode(bytes)
      } catch { throw error.noticed(peer, ControlStep.storeHello) }
    }
    return hellos
  }

  // MARK: Nothing old

  private func check(
    _ hello: StoreHello, of peer: PartyIndex, _ body: CorrelationStore.Body, _ lot: CorrelationLot
  ) throws(ParleyError) {
    guard SecureMemory.isEqual(hello.lot, lot.digest) else {
      throw ParleyError(
        .sessionMismatch, "the stores of correlations hold different lots",
        at: .init(file: store.folder), remedy: "make new correlations together with the other parties"
      ).noticed(peer, ControlStep.storeHello)
    }
    guard hello.marks.count == lot.parts.count, zip(hello.marks, lot.parts).allSatisfy({ $0 <= $1.blocks }),
      hello.seen.map({ $0.marks.count == lot.parts.count }) ?? true
    else {
      throw ParleyError(.protocolViolation, "malformed message: marks of another lot").noticed(
        peer, ControlStep.storeHello)
    }
    if let known = body.peers[name(peer)] {
      guard known.store == hexadecimal(hello.store) else {
        throw ParleyError(
          .unknownDirectory, "another party has another store of correlations than the lot was made with",
          remedy: "let it use that store, or make new correlations together"
        ).noticed(peer, ControlStep.storeHello)
      }
      guard isNewer(hello.counter, hello.marks, than: known) else {
        try store.change { (body) throws(ParleyError) in
          body.peers[name(peer)]?.counter = CorrelationStore.Seen.refused
        }
        throw rolledBack("the store of correlations of another party is older than what is known of it").noticed(
          peer, ControlStep.storeHello)
      }
    }
    if let seen = hello.seen {
      guard seen.store == body.id, isNewer(body.counter, lot.parts.map(\.mark), than: seen) else {
        throw rolledBack("another party has seen more of this store of correlations than it knows itself").noticed(
          peer, ControlStep.storeHello)
      }
    }
  }

  private func isNewer(_ counter: UInt64, _ marks: [Int], than seen: CorrelationStore.Seen) -> Bool {
    counter > seen.counter && zip(marks, seen.marks).allSatisfy { $0 >= $1 }
  }

  private func rolledBack(_ what: String) -> ParleyError {
    ParleyError(
      .rolledBack, "\(what): it was restored from a backup or copied", at: .init(file: store.folder),
      remedy: "move the stores of this lot aside at all parties and make new correlations together")
  }

  // MARK: What is taken

  private func usedUp(_ what: String) -> ParleyError {
    ParleyError(
      .storeUsedUp, what, at: .init(file: store.folder),
      remedy: "make new correlations together with the other parties")
  }

  /// - Returns: by part of the lot, the mark above what is taken.
  private func ends(
    of demand: CorrelationDemand, from starts: [Int], _ lot: CorrelationLot
  ) throws(ParleyError) -> [Int] {
    var ends = starts
    for (kind, count) in demand.sorted {
      guard let index = lot.parts.firstIndex(where: { $0.kind == CorrelationLot.name(kind) }) else {
        throw usedUp("the store has no \(kind.description)")
      }
      let blocks = lot.blocks(of: count)
      guard blocks <= lot.parts[index].blocks - starts[index] else {
        throw usedUp(
          "the run takes \(count) \(kind.description), and \((lot.parts[index].blocks - starts[index]) * lot.blockSize) are left"
        )
      }
      ends[index] += blocks
    }
    return ends
  }

  private func confirm(
    _ body: CorrelationStore.Body, _ hellos: [PartyIndex: StoreHello], _ starts: [Int], _ ends: [Int]
  ) throws(ParleyError) {
    var states = hellos.mapValues { (store: $0.store, counter: $0.counter) }
    states[mesh.local] = (bytes(hexadecimal: body.id) ?? [], body.counter)
    var out = CanonicalWriter()
    for (_, state) in states.sorted(by: { $0.key < $1.key }) {
      out.write(state.store)
      out.write(state.counter)
    }
    for marks in [starts, ends] { out.write(list: marks) { $0.write(UInt64($1)) } }
    let own = Digest.sha256("parley/store/agreement/1", [body.lot?.digest ?? [], out.bytes])
    for peer in order { try mesh.send(step: ControlStep.storeAgreement, to: peer, bytes: own) }
    try mesh.flush()
    for peer in order {
      let other = try mesh.receiveControl(step: ControlStep.storeAgreement, from: peer, atMost: 32)
      guard SecureMemory.isEqual(other, own) else {
        throw ParleyError(
          .protocolViolation, "another party takes other blocks of the store, or has said something else to others"
        )
        .noticed(peer, ControlStep.storeAgreement)
      }
    }
  }
}
