"""One residual block, many mixers: is an error owed to tokens, to the readout or to the mixer?"""
