import type { Module } from '../module.js';

export async function saveModule(_module: Module, _url: string): Promise<void> {}
