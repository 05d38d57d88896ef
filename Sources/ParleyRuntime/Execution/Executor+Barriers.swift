internal import ParleyBase
internal import ParleyEngine
internal import ParleyNetwork
internal import ParleyProgram

/// Barriers (docs/protocols/checkpoints.md): everything so far is verified, the registers that are alive are saved, and a run may begin
/// behind one with what another session saved there.
extension Executor {
  /// What the run resumes from; nil where it starts from its inputs.
  ///
  /// - Throws: `plan/barriers` where the program or the engine cannot do it, before anything is sent.
  func resumed() throws(ParleyError) -> BarrierPlan.Point? {
    guard let checkpoints = hooks?.checkpoints else { return nil }
    let plan = checkpoints.barriers
    try plan.check(program, on: engine.descriptor)
    if !plan.isEmpty { _ = try codec() }
    for (number, point) in plan.points(in: program).enumerated() { barrierNumbers[point] = number }
    guard var saved = try checkpoints.agree() else { return nil }
    defer { SecureMemory.zeroize(&saved.shares) }
    try checkpoints.confirm(try restore(saved))
    return saved.point
  }

  private func codec() throws(ParleyError) -> any ShareCodec<E.Arith, E.Plane> {
    guard let codec = engine.shareCodec else {
      throw ParleyError(
        .init("plan/barriers"), "the protocol \(engine.descriptor.name) cannot save its shares",
        remedy: "run the program without barriers, or on a protocol that has them")
    }
    return codec
  }

  /// All rounds, or those behind a barrier.
  func runRounds(after start: BarrierPlan.Point?) throws(ParleyError) {
    var rounds = ValueRounds(self)
    for (number, round) in schedule.rounds.enumerated() {
      roundNumber = number
      if let start, number < start.round || number == start.round && start.loop == nil {
        let items = round.exchanges + round.reductions + round.rowAlgorithms + round.locals
        progress.instructionsDone += items.count
        continue
      }
      if let loop = start?.loop, number == start?.round {
        try rounds.run(round, behind: loop)
      } else {
        try rounds.run(round)
      }
      try stop(at: .init(round: number))
    }
  }

  /// Does nothing where no barrier stands.
  func stop(at point: BarrierPlan.Point) throws(ParleyError) {
    guard let number = barrierNumbers[point], let checkpoints = hooks?.checkpoints else { return }
    _ = try engine.verify(
      through: StepID(instruction: program.numberCount, iteration: 0xff, sub: 0xffff, chunk: 0xffff))
    var saved = try save(point)
    defer { SecureMemory.zeroize(&saved.shares) }
    try checkpoints.save(saved, barrier: number)
  }

  private func save(_ point: BarrierPlan.Point) throws(ParleyError) -> SavedRegisters {
    let codec = try codec()
    let live = BarrierPlan.live(at: point, in: program)
    var saved = SavedRegisters(point: point, arith: [], planes: [], format: codec.format.publicBytes, shares: [])
    var size = 0
    for register in live.arith {
      let count = codec.count(of: try registers[ArithRegister(register)])
      saved.arith.append(.init(register: register, count: count))
      size += codec.format.bytes(ofWords: count)
    }
    for register in live.planes {
      let count = codec.count(of: try registers[PlaneRegister(register)])
      saved.planes.append(.init(register: register, count: count))
      size += codec.format.bytes(ofPlane: count)
    }
    // Reserved, so that no copy of shares is left behind where the array has grown.
    saved.shares.reserveCapacity(size)
    for vector in saved.arith { codec.encode(try registers[ArithRegister(vector.register)], into: &saved.shares) }
    for vector in saved.planes { codec.encode(try registers[PlaneRegister(vector.register)], into: &saved.shares) }
    return saved
  }

  /// Fills the registers. Answers, by peer, what its shares and this party's have in common.
  private func restore(_ saved: SavedRegisters) throws(ParleyError) -> [PartyIndex: [UInt8]] {
    let codec = try codec()
    let format = codec.format
    let live = BarrierPlan.live(at: saved.point, in: program)
    guard barrierNumbers[saved.point] != nil, saved.format == format.publicBytes,
      saved.arith.map(\.register) == live.arith, saved.planes.map(\.register) == live.planes
    else {
      throw format.refused("those of another program, place or protocol")
    }
    let bytes =
      saved.arith.reduce(0) { $0 + format.bytes(ofWords: $1.count) }
      + saved.planes.reduce(0) { $0 + format.bytes(ofPlane: $1.count) }
    guard saved.shares.count == bytes else { throw format.refused("of another length") }
    var common: [PartyIndex: [UInt8]] = [:]
    for peer in (0..<engine.descriptor.parties).map({ PartyIndex($0) }) where peer != mesh.local {
      common[peer] = []
    }
    var start = 0
    func next(_ size: Int) -> ArraySlice<UInt8> {
      defer { start += size }
      return saved.shares[start..<start + size]
    }
    for vector in saved.arith {
      let value = try codec.decodeWords(next(format.bytes(ofWords: vector.count)), count: vector.count)
      for peer in common.keys { codec.encodeCommon(value, with: peer, into: &common[peer, default: []]) }
      registers.write(value, to: ArithRegister(vector.register))
    }
    for vector in saved.planes {
      let value = try codec.decodePlane(next(format.bytes(ofPlane: vector.count)), count: vector.count)
      for peer in common.keys { codec.encodeCommon(value, with: peer, into: &common[peer, default: []]) }
      registers.write(value, to: PlaneRegister(vector.register))
    }
    return common
  }
}

extension RoundMachine {
  /// What is left of a round in one of whose loops the barrier stands.
  fileprivate mutating func run(_ round: Schedule.Round, behind start: BarrierPlan.Point.Loop) throws(Failure) {
    var isBehind = false
    for item in round.rowAlgorithms {
      if item.instruction.id == start.instruction {
        try run(algorithm: item, from: start.passes)
        isBehind = true
      } else if isBehind {
        try run(algorithm: item)
      }
    }
    try runLocals(of: round)
  }
}
